#pragma once
// How values are written in a config: each knows how it is read, and what the schema and the
// reference say of it.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/json_node.h"

namespace actsparse {

/// JSON Schema, draft 7; keys stay in the order in which they were given.
using Schema = nlohmann::ordered_json;

/// What is said of a value.
struct Form {
  Schema schema;
  std::string type;  ///< in words, as Markdown: "integer >= 1"
};

template <class T>
struct Value : Form {
  std::function<T(const JsonNode&)> read;  ///< throws as JsonNode does
};

struct NumberRange {
  std::optional<double> least = {}, above = {}, most = {}, below = {};
  std::string allowed = "a number";  ///< for the message
};

Value<bool> boolean();
Value<int64_t> integer(const IntegerRange& range = {});
Value<uint64_t> seed();
Value<double> number(const NumberRange& range = {});
Value<double> positive_number();
/// Not empty; `type` is what it stands for: "a glob".
Value<std::string> text(const std::string& type, const std::string& allowed);
Value<std::string> one_of(const Names& names);
Value<std::filesystem::path> output_file();

/// Whole numbers without a fraction, as people write them. `number` fits int64.
Schema plain_number(double number);
/// An object that `definition` of the schema describes.
Schema reference_to(const std::string& definition);
/// Any of the schemas.
Schema any_of(const std::vector<Schema>& schemas);

template <class T>
Value<T> value(const Form& form, std::function<T(const JsonNode&)> read) {
  return {form, std::move(read)};
}

/// A list with at least one of `item`; `allowed` is for the message.
template <class T>
Value<std::vector<T>> list_of(const Value<T>& item, const std::string& type,
                              const std::string& allowed) {
  const auto read = [read_item = item.read, allowed](const JsonNode& node) {
    std::vector<T> items;
    for (const auto& entry : node.filled_list(allowed)) items.push_back(read_item(entry));
    return items;
  };
  return value<std::vector<T>>({{{"type", "array"}, {"minItems", 1}, {"items", item.schema}}, type},
                               read);
}

/// The same, or one item alone.
template <class T>
Value<std::vector<T>> one_or_list_of(const Value<T>& item, const std::string& type,
                                     const std::string& allowed) {
  const auto list = list_of(item, type, allowed);
  const auto read = [read_one = item.read, read_all = list.read, allowed](const JsonNode& node) {
    if (node.json().is_array()) return read_all(node);
    if (!node.json().is_string()) node.fail(allowed);
    return std::vector<T>{read_one(node)};
  };
  return value<std::vector<T>>({any_of({item.schema, list.schema}), type}, read);
}

template <class T>
Value<std::optional<T>> or_null(const Value<T>& value) {
  const auto read = [read_value = value.read](const JsonNode& node) {
    return node.json().is_null() ? std::optional<T>() : std::optional<T>(read_value(node));
  };
  return {{any_of({value.schema, {{"type", "null"}}}), value.type + ", null"}, read};
}

}  // namespace actsparse
