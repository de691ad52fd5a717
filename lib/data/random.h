#pragma once
#include <memory>

#include "data/sample_reader.h"

namespace actsparse {

/// Samples drawn when they are read; sample i depends on seed and i alone. Throws Error(Data) if
/// shape, dtype and range do not fit.
std::unique_ptr<SampleReader> open_random(const RandomInput& input);

}  // namespace actsparse
