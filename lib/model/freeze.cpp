#include "model/freeze.h"

#include <spdlog/spdlog.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/frozen_graph_optimizations.h>

#include "model/inline_calls.h"
#include "model/own_types.h"

namespace actsparse {

torch::jit::Module frozen(const Session& session) {
  const std::string& method = session.method;
  torch::jit::Module copy = clone_with_own_types(session.model, {});
  copy.eval();
  // LibTorch's freezing goes wrong where modules are passed as arguments.
  inline_calls(*torch::jit::toGraphFunction(copy.get_method(method).function()).graph());
  try {
    torch::jit::Module result = torch::jit::freeze_module(copy, {method});
    auto graph = torch::jit::toGraphFunction(result.get_method(method).function()).graph();
    torch::jit::OptimizeFrozenGraph(graph);
    return result;
  } catch (const std::exception& cause) {
    spdlog::debug("measured as it is, it cannot be frozen: {}", cause.what());
    return copy;
  }
}

}  // namespace actsparse
