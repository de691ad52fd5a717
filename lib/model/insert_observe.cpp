#include "model/insert_observe.h"

#include "model/observe_op.h"

namespace actsparse {

torch::jit::Node* insert_observe(torch::jit::Graph& graph, torch::jit::Value* value,
                                 torch::jit::Node* before, int64_t observer) {
  const torch::jit::WithInsertPoint guard(before);
  torch::jit::Value* id = graph.insertConstant(observer);
  torch::jit::Node* node = graph.create(c10::Symbol::fromQualString(observe_op()), {value, id});
  graph.insertNode(node)->output()->setType(value->type());
  return node;
}

}  // namespace actsparse
