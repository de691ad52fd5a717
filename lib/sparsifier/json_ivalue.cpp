#include "sparsifier/json_ivalue.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

#include "base/error.h"

namespace actsparse {

using c10::IValue;
using nlohmann::json;

c10::impl::GenericDict untyped_dict() {
  return c10::impl::GenericDict(c10::StringType::get(), c10::AnyType::get());
}

c10::impl::GenericList untyped_list() { return c10::impl::GenericList(c10::AnyType::get()); }

IValue ivalue_from_json(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return {};
    case json::value_t::boolean:
      return value.get<bool>();
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return value.get<int64_t>();
    case json::value_t::number_float:
      return value.get<double>();
    case json::value_t::string:
      return value.get<std::string>();
    case json::value_t::array: {
      auto list = untyped_list();
      for (const auto& element : value) list.push_back(ivalue_from_json(element));
      return list;
    }
    case json::value_t::object: {
      auto dict = untyped_dict();
      for (const auto& [key, element] : value.items()) dict.insert(key, ivalue_from_json(element));
      return dict;
    }
    default:
      throw Error(ErrorKind::Internal, "a JSON value that has no TorchScript counterpart");
  }
}

json json_from_ivalue(const IValue& value) {
  if (value.isNone()) return nullptr;
  if (value.isBool()) return value.toBool();
  if (value.isInt()) return value.toInt();
  if (value.isDouble()) return value.toDouble();
  if (value.isString()) return value.toStringRef();
  if (value.isList() || value.isTuple()) {
    json list = json::array();
    for (const IValue& element :
         value.isList() ? value.toListRef().vec() : value.toTupleRef().elements().vec())
      list.push_back(json_from_ivalue(element));
    return list;
  }
  if (value.isGenericDict()) {
    json object = json::object();
    for (const auto& entry : value.toGenericDict()) {
      if (!entry.key().isString()) throw Error(ErrorKind::State, "a dict key that is not a string");
      object[entry.key().toStringRef()] = json_from_ivalue(entry.value());
    }
    return object;
  }
  throw Error(ErrorKind::State,
              "a value of type " + value.tagKind() + " where settings were expected");
}

}  // namespace actsparse
