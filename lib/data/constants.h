#pragma once
#include <ATen/core/ivalue.h>

#include <nlohmann/json.hpp>

namespace actsparse {

/// null, bool, int, float, string, or a list of ints, of numbers (List[float] if one is no int) or
/// of bools; an empty list is a List[int]. Throws Error(Data) for anything else.
c10::IValue constant(const nlohmann::json& value);

}  // namespace actsparse
