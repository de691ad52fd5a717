#include "compact/nodes.h"

namespace actsparse {

bool writes_to(const torch::jit::Node& node, size_t input) {
  const auto* const schema = node.maybeSchema();
  if (schema == nullptr || input >= schema->arguments().size()) return false;
  const auto* const alias = schema->arguments()[input].alias_info();
  return alias != nullptr && alias->isWrite();
}

bool is_same(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.equal(b);
}

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

std::vector<torch::jit::Node*> all_nodes(torch::jit::Block& block) {
  std::vector<torch::jit::Node*> nodes;
  for_each_node(block, [&](torch::jit::Node& node) { nodes.push_back(&node); });
  return nodes;
}

std::vector<torch::jit::Value*> values_read(torch::jit::Node& node) {
  std::vector<torch::jit::Value*> read(node.inputs().begin(), node.inputs().end());
  const auto note = [&](torch::jit::Value* value) {
    if (outermost(value->node()) != &node) read.push_back(value);
  };
  for (torch::jit::Block* block : node.blocks()) {
    for_each_node(*block, [&](torch::jit::Node& inner) {
      for (torch::jit::Value* value : inner.inputs()) note(value);
      for (torch::jit::Block* deeper : inner.blocks())
        for (torch::jit::Value* value : deeper->outputs()) note(value);
    });
    for (torch::jit::Value* value : block->outputs()) note(value);
  }
  return read;
}

torch::jit::Node* outermost(torch::jit::Node* node) {
  while (node->owningBlock() != node->owningGraph()->block())
    node = node->owningBlock()->owningNode();
  return node;
}

}  // namespace actsparse
