#pragma once
// The methods of a small model that it was not compacted for: channels went by what one method
// needs, and the others read the same layers.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "model/session.h"

namespace actsparse {

/// One sentence for each of the root's methods but the session's that is not shown to be what it is
/// in the masked model: its answers differ by more than `tolerance`, it fails, or it could not be
/// compared. Arguments are made up of `batch`, of what its method returns for it, and of what other
/// methods return for these; numbers besides are 2, 1.0 and false. Methods whose code and tensors
/// compacting has left alone are right.
std::vector<std::string> doubts_about_methods(const Session& masked,
                                              const torch::jit::Module& small,
                                              const std::vector<c10::IValue>& batch,
                                              double tolerance);

}  // namespace actsparse
