#pragma once
#include <ATen/core/ivalue.h>

#include <vector>

#include "record/run.h"

namespace actsparse {

/// A batch like that which `arguments` describe: floats are random (the same ones each time),
/// integers zero (an index that every embedding has). Seeds LibTorch's generator.
std::vector<c10::IValue> made_up_batch(const std::vector<ArgumentRecord>& arguments);

}  // namespace actsparse
