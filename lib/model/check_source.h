#pragma once
// What is asked of TorchScript source before LibTorch compiles it.
#include <string>

namespace actsparse {

/// Throws std::exception, in LibTorch's form with the place, unless `text` can be given to
/// torch::jit::compile: LibTorch recurses over what is nested until the stack overflows, and runs
/// the default values of parameters while it compiles.
void check_source(const std::string& text);

}  // namespace actsparse
