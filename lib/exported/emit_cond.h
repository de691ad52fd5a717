#pragma once
#include "exported/emit_node.h"

namespace actsparse::exported {

/// Emits torch.cond as an if. Its branches' nodes belong to the method itself: the export does not
/// tell which modules they are of. Throws std::runtime_error.
void emit_cond(const ProgramNode& node, const Scope& scope);

}  // namespace actsparse::exported
