#pragma once
#include <memory>

#include "functions/registry.h"

namespace actsparse {

/// The reduce_fn "louder", as long as what is returned lives.
std::unique_ptr<RegisterFunction> register_louder();

}  // namespace actsparse
