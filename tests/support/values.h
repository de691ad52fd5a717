#pragma once
#include <ATen/core/ivalue.h>

namespace actsparse {

/// Whether both are None, or hold equal tensors in equal tuples, lists and dicts. NaN counts as
/// different from NaN.
bool same_values(const c10::IValue& a, const c10::IValue& b);

}  // namespace actsparse
