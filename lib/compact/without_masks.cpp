#include "compact/without_masks.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "compact/flat_model.h"
#include "compact/input_gates.h"
#include "compact/named_module.h"

namespace actsparse {
namespace {

void skip_masks(const FlatModel& model, torch::jit::Block& block) {
  for (auto* node : block.nodes()) {
    for (auto* inner : node->blocks()) skip_masks(model, *inner);
    const bool is_masking = node->kind() == c10::aten::mul && is_mask(model, node->inputs()[1]);
    if (is_masking || is_input_gate(model, *node))
      node->output()->replaceAllUsesWith(node->inputs()[0]);
  }
}

}  // namespace

Session without_masks(const Session& masked) {
  FlatModel flat = flatten(masked.model, masked.method);
  skip_masks(flat, *flat.graph->block());
  torch::jit::EliminateDeadCode(flat.graph);
  return masked.with(named_module(flat));
}

}  // namespace actsparse
