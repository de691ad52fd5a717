#pragma once
#include <torch/csrc/jit/api/module.h>

#include <string>

#include "base/atomic_file.h"

namespace actsparse {

/// The model in a file that is written but not yet in place, on `device`. Errors name the file as
/// it is to be called, without its folder: reports hold them. Throws load_model()'s errors.
torch::jit::Module load_written(const AtomicFile& file, const std::string& device);

}  // namespace actsparse
