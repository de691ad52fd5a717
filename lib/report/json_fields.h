#pragma once
// What sections share when they are written as JSON and read again.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace actsparse {

using OrderedJson = nlohmann::ordered_json;

/// JSON has neither NaN nor infinity: they are "nan", "inf", "-inf".
OrderedJson number_json(double value);
/// Throws nlohmann::json::exception.
double number_of(const OrderedJson& value);

/// null for nothing, and for an empty text.
template <class Value>
OrderedJson value_or_null(const std::optional<Value>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}
inline OrderedJson text_or_null(const std::string& text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

/// The reverse. Each throws nlohmann::json::exception.
template <class Value>
std::optional<Value> optional_at(const OrderedJson& object, const char* key) {
  const OrderedJson& value = object.at(key);
  return value.is_null() ? std::nullopt : std::optional<Value>(value.get<Value>());
}
inline std::string text_at(const OrderedJson& object, const char* key) {
  return optional_at<std::string>(object, key).value_or("");
}

}  // namespace actsparse
