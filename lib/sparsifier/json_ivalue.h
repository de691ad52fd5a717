#pragma once
#include <ATen/core/ivalue.h>

#include <nlohmann/json.hpp>

namespace actsparse {

/// null, bool, int, float, string, and untyped lists and dicts of them. Throws Error(Internal) for
/// anything else.
c10::IValue ivalue_from_json(const nlohmann::json& json);

/// The reverse; tuples become lists. Throws Error(State) for what JSON cannot hold.
nlohmann::json json_from_ivalue(const c10::IValue& value);

/// An empty untyped dict with string keys, in insertion order; an empty untyped list.
c10::impl::GenericDict untyped_dict();
c10::impl::GenericList untyped_list();

}  // namespace actsparse
