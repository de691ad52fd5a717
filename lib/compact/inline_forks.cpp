#include "compact/inline_forks.h"

#include "base/error.h"
#include "compact/nodes.h"
#include "model/inline_calls.h"

namespace actsparse {
namespace {

using c10::TypePtr;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

TypePtr without_futures(const TypePtr& type) {
  if (const auto future = type->cast<c10::FutureType>())
    return without_futures(future->getElementType());
  if (type->cast<c10::ClassType>()) return type;  // what it contains are its attributes
  std::vector<TypePtr> contained;
  bool changed = false;
  for (const auto& one : type->containedTypes()) {
    contained.push_back(without_futures(one));
    changed |= contained.back() != one;
  }
  if (!changed) return type;
  // The fields of a named tuple have types of their own; in a graph they are read by place.
  if (type->cast<c10::TupleType>()) return c10::TupleType::create(std::move(contained));
  return type->withContained(std::move(contained));
}

void refuse_returned_futures(const Graph& graph) {
  for (const Value* output : graph.outputs())
    if (without_futures(output->type()) != output->type())
      throw Error(ErrorKind::Model,
                  "the model returns a future; let it return what torch.jit.wait gives of it");
}

void inline_fork(Node& fork) {
  Graph& graph = *fork.owningGraph();
  const torch::jit::WithInsertPoint guard(&fork);
  const auto results = torch::jit::insertGraph(graph, *fork.g(c10::attr::Subgraph), fork.inputs());
  Value* const held =
      results.size() == 1 ? results[0] : graph.insertNode(graph.createTuple(results))->output();
  fork.output()->replaceAllUsesWith(held);
  fork.destroy();
}

// One level: forked code may fork. False if nothing is forked.
bool inline_forks(Graph& graph) {
  bool found = false;
  for_each_node(*graph.block(), [&](Node& node) {
    if (node.kind() != c10::prim::fork) return;
    inline_fork(node);
    found = true;
  });
  return found;
}

void skip_wait(Node& node) {
  if (node.kind() != c10::aten::wait) return;
  node.output()->replaceAllUsesWith(node.input());
  node.destroy();
}

void forget_futures(Graph& graph) {
  const auto forget = [](at::ArrayRef<Value*> values) {
    for (Value* value : values) value->setType(without_futures(value->type()));
  };
  for_each_node(*graph.block(), [&](Node& node) {
    forget(node.outputs());
    for (torch::jit::Block* block : node.blocks()) forget(block->inputs());
    skip_wait(node);
  });
}

}  // namespace

void inline_calls_and_forks(Graph& graph) {
  inline_calls(graph);
  refuse_returned_futures(graph);
  if (!inline_forks(graph)) return;
  do inline_calls(graph);
  while (inline_forks(graph));
  forget_futures(graph);
}

}  // namespace actsparse
