#include "compact/compact.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "base/error.h"
#include "compact/analysis.h"
#include "compact/cost.h"
#include "compact/fold_masks.h"
#include "compact/named_module.h"

namespace actsparse {
namespace {

using torch::jit::Block;
using torch::jit::Node;

// Types that were recorded hold the old sizes.
void forget_sizes(Block& block) {
  for (Node* node : block.nodes()) {
    for (auto* output : node->outputs())
      if (output->type()->kind() == c10::TypeKind::TensorType &&
          node->kind() != c10::prim::Constant)
        output->setType(c10::TensorType::get());
    for (Block* inner : node->blocks()) forget_sizes(*inner);
  }
}

}  // namespace

Compacted compact(const torch::jit::Module& masked, const std::string& method,
                  const std::vector<std::vector<c10::IValue>>& batches) {
  FlatModel flat = flatten(masked, method);
  const Trace values = trace(flat, batches);
  const Findings findings = analyse(flat, values);
  const Solution solution = solve(findings.ids, findings.constraints);
  auto masks = explain(flat, findings, solution);
  if (masks.empty())
    throw Error(ErrorKind::Model,
                "there is no mask in the model: no activation is multiplied by a constant that has "
                "zeros; give the masked model that 'actsparse run' or 'apply' wrote");
  const int64_t macs = count_macs(flat, values);
  Rewrite rewrite(flat, values, solution);
  for (const auto& edit : findings.edits) edit(rewrite);
  fold_masks(flat, rewrite, values);
  forget_sizes(*flat.graph->block());
  torch::jit::EliminateDeadCode(flat.graph);
  Compacted result{named_module(flat), std::move(masks), macs, 0};
  flat.graph->lint();
  FlatModel small = flatten(result.module, method);
  result.macs_after = count_macs(small, trace(small, {batches.at(0)}));
  return result;
}

}  // namespace actsparse
