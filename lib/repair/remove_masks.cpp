#include "repair/remove_masks.h"

#include "compact/nodes.h"
#include "repair/changes.h"

namespace actsparse {

torch::jit::Module remove_masks(const Session& masked) {
  NumberedModel numbered = number_nodes(masked.model);
  numbered.module.eval();
  const FlatModel flat = flatten(numbered.module, masked.method);
  Changes changes;
  for_each_node(*flat.graph->block(), [&](torch::jit::Node& node) {
    if (node.kind() != c10::aten::mul || !is_mask(flat, node.inputs()[1])) return;
    Change change;
    change.kind = Change::Kind::Bypass;
    changes.emplace_back(&node, std::move(change));
  });
  return make_changes(numbered, flat, changes, masked.model);
}

}  // namespace actsparse
