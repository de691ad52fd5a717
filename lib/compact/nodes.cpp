#include "compact/nodes.h"

namespace actsparse {

void forget_sizes(torch::jit::Graph& graph) {
  for_each_node(*graph.block(), [](torch::jit::Node& node) {
    if (node.kind() == c10::prim::Constant) return;
    for (auto* output : node.outputs())
      if (output->type()->kind() == c10::TypeKind::TensorType)
        output->setType(c10::TensorType::get());
  });
  for (auto* input : graph.inputs())
    if (input->type()->kind() == c10::TypeKind::TensorType) input->setType(c10::TensorType::get());
}

}  // namespace actsparse
