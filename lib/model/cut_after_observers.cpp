#include "model/cut_after_observers.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inline_fork_wait.h>
#include <torch/csrc/jit/passes/remove_exceptions.h>

#include "model/observe_op.h"

namespace actsparse {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// All watches write to it, and it is all that the graph returns: so dead code elimination, which
// follows writes through branches and loops, keeps the watches and just what they need.
Value* insert_log(Graph& graph) {
  const torch::jit::WithInsertPoint guard(*graph.nodes().begin());
  return graph.insertNode(graph.createList(c10::IntType::get(), {}))->output();
}

void watch_instead_of(Node& observe, Value* log) {
  auto& graph = *observe.owningGraph();
  Node* node =
      graph.create(c10::Symbol::fromQualString(watch_op()),
                   {observe.inputs().at(0), observe.inputs().at(1), log}, /*num_outputs=*/0);
  node->insertBefore(&observe);
  observe.output()->replaceAllUsesWith(observe.inputs().at(0));
}

void watch_all(Block& block, Value* log) {
  const auto observe = c10::Symbol::fromQualString(observe_op());
  for (auto it = block.nodes().begin(); it != block.nodes().end(); ++it) {
    for (Block* inner : it->blocks()) watch_all(*inner, log);
    if (it->kind() != observe) continue;
    watch_instead_of(**it, log);
    it.destroyCurrent();
  }
}

}  // namespace

void cut_after_observers(std::shared_ptr<Graph>& graph) {
  torch::jit::InlineForkWait(graph);
  Value* log = insert_log(*graph);
  watch_all(*graph->block(), log);
  while (!graph->outputs().empty()) graph->eraseOutput(0);
  graph->registerOutput(log);
  // A check keeps what it checks alive, although all its value can do is to stop the model.
  torch::jit::EliminateExceptions(graph);
  torch::jit::EliminateDeadCode(graph);
}

}  // namespace actsparse
