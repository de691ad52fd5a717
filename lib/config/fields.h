#pragma once
// An object of the config as a table: one line per key. The table is all there is: what the parser
// accepts, what the messages list, and what the schema is tested against.
#include <functional>
#include <string>
#include <vector>

#include "config/json_node.h"
#include "config/messages.h"

namespace actsparse {

template <class T>
struct Field {
  std::string key;
  std::function<void(const JsonNode&, T&)> read;
  std::string required =
      "";  ///< what is allowed, for the message when it is missing; empty: optional
};

template <class T>
using Fields = std::vector<Field<T>>;

template <class T>
Names keys_of(const Fields<T>& fields) {
  Names keys;
  for (const auto& field : fields) keys.push_back(field.key);
  return keys;
}

/// Reads the object at `node` into `out`; keys that are absent leave their default.
template <class T>
void read_fields(const JsonNode& node, const Fields<T>& fields, T& out) {
  node.expect_keys(keys_of(fields));
  for (const auto& field : fields) {
    if (const auto value = node.find(field.key))
      field.read(*value, out);
    else if (!field.required.empty())
      node.miss(field.key, field.required);
  }
}

}  // namespace actsparse
