#pragma once
#include "exported/program.h"

namespace actsparse::exported {

/// Puts the nodes of no_grad regions (wrap_with_set_grad_enabled), which change no numbers, where
/// the regions stand.
void splice_regions(ProgramGraph& graph);

}  // namespace actsparse::exported
