#include "model/fast_clone.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/passes/common_subexpression_elimination.h>
#include <torch/csrc/jit/passes/constant_pooling.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>
#include <torch/csrc/jit/passes/fuse_relu.h>
#include <torch/csrc/jit/passes/peephole.h>

#include "base/error.h"
#include "model/cut_after_observers.h"
#include "model/inline_calls.h"
#include "model/packed_layer.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Module;

void refuse_other_devices(const Module& model) {
  for (const auto& parameter : model.parameters())
    if (!parameter.device().is_cpu())
      throw Error(ErrorKind::Model,
                  "the fast clone is for the CPU, but the model is on " + parameter.device().str());
}

void optimize(std::shared_ptr<Graph>& graph) {
  cut_after_observers(graph);
  // Again what freezing did: the observers of the uncut clone were barriers.
  torch::jit::ConstantPropagation(graph);
  torch::jit::PeepholeOptimize(graph);
  torch::jit::OptimizeFrozenGraph(graph);
  torch::jit::EliminateCommonSubexpression(graph);
  torch::jit::EliminateDeadCode(graph);
  pack_layers(graph);
  torch::jit::FuseAddRelu(graph);
  torch::jit::ConstantPooling(graph);
  graph->lint();
}

Module freeze(const Module& observed, const std::string& method) {
  // Freezing would do it too, in several times the time.
  inline_calls(*torch::jit::toGraphFunction(observed.get_method(method).function()).graph());
  Module frozen = torch::jit::freeze_module(observed, {method});
  auto& function = torch::jit::toGraphFunction(frozen.get_method(method).function());
  auto graph = function.graph();
  optimize(graph);
  function.setSchema(function.getSchema().cloneWithReturns(
      {c10::Argument("log", c10::ListType::create(c10::IntType::get()))}));
  return frozen;
}

}  // namespace

ObservedModel fast_clone(const Session& session, const std::vector<ObserverSite>& sites) {
  refuse_other_devices(session.model);
  ObservedModel clone = insert_observers(session, sites);
  clone.module().eval();
  try {
    clone.module() = freeze(clone.module(), session.method);
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Model, "the model cannot be frozen: " + first_line(cause.what()))
        .with_details(cause.what());
  }
  return clone;
}

}  // namespace actsparse
