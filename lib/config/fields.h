#pragma once
// An object of the config as a table: one line per key. The table is all there is: what the parser
// accepts, what the messages list, and what docs/config.schema.json and the tables of
// docs/config.md are made of (config/schema.h).
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "config/json_node.h"
#include "config/messages.h"
#include "config/value.h"

namespace actsparse {

/// What holds where a key is absent.
struct Absent {
  std::string required = "";   ///< it must be there: what is allowed, for the message
  std::string otherwise = "";  ///< in words, as Markdown; with `required`: that something else may
                               ///< give it. Empty: the default of the struct, if it has one
};
inline Absent needed(const std::string& allowed) { return {allowed}; }
inline Absent otherwise(const std::string& words) { return {"", words}; }

/// What is said of a key.
struct Property {
  std::string key;
  Form form;
  std::string meaning;  ///< Markdown, a phrase without a full stop
  Absent absent = {};
  std::optional<Schema> default_value = {};

  bool is_required() const { return !absent.required.empty() && absent.otherwise.empty(); }
};
using Properties = std::vector<Property>;

template <class T>
struct Field : Property {
  std::function<void(const JsonNode&, T&)> read;
};

template <class T>
using Fields = std::vector<Field<T>>;

template <class T>
struct Object {
  std::string name;     ///< of its definition in the schema
  std::string meaning;  ///< as a Property's
  Fields<T> fields;
  Schema rules = Schema::object();  ///< what the schema says of keys
                                    ///< that depend on each other
};

namespace fields_detail {

template <class T>
constexpr bool is_shown =
    std::is_arithmetic_v<T> || std::is_same_v<T, std::string> ||
    std::is_same_v<T, std::vector<double>> || std::is_same_v<T, std::vector<std::string>>;

// Empty strings and lists stand for what is told in words.
template <class Member, class Read>
std::optional<Schema> default_of(const Member& member) {
  if constexpr (std::is_floating_point_v<Member>) return plain_number(member);
  if constexpr (std::is_integral_v<Member>) return Schema(member);
  if constexpr (is_shown<Member> && !std::is_arithmetic_v<Member>)
    if (!member.empty()) return Schema(member);
  if constexpr (!is_shown<Member> && std::is_same_v<Member, Read> &&
                std::is_constructible_v<Member, std::nullopt_t>)
    return Schema(nullptr);
  return std::nullopt;
}

// An optional of an optional takes what is read whole: null is a value of it.
template <class Member, class Read>
void assign(Member& member, Read value) {
  constexpr bool is_optional = std::is_constructible_v<Member, std::nullopt_t>;
  if constexpr (is_optional && !std::is_same_v<Member, Read>)
    member.emplace(std::move(value));
  else
    member = std::move(value);
}

}  // namespace fields_detail

/// `key` is a member of the struct.
template <class T, class Member, class Read>
Field<T> field(const std::string& key, Member T::*member, const Value<Read>& value,
               const std::string& meaning, const Absent& absent = {}) {
  const auto read = [member, read_value = value.read](const JsonNode& node, T& out) {
    fields_detail::assign(out.*member, read_value(node));
  };
  return {{key, value, meaning, absent, fields_detail::default_of<Member, Read>(T().*member)},
          read};
}

/// `key` is read by a function of its own.
template <class T>
Field<T> field(const std::string& key, std::function<void(const JsonNode&, T&)> read,
               const Form& form, const std::string& meaning, const Absent& absent = {}) {
  return {{key, form, meaning, absent}, std::move(read)};
}

/// The keys of a member's fields stand in the object itself.
template <class T, class Member>
Fields<T> lifted(Member T::*member, const Fields<Member>& fields) {
  Fields<T> out;
  for (const auto& inner : fields)
    out.push_back({inner, [member, read = inner.read](const JsonNode& node, T& value) {
                     read(node, value.*member);
                   }});
  return out;
}

template <class T>
Fields<T> joined(Fields<T> first, const Fields<T>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

template <class T>
Properties properties_of(const Fields<T>& fields) {
  return Properties(fields.begin(), fields.end());
}

template <class Row>
Names keys_of(const std::vector<Row>& rows) {
  Names keys;
  for (const auto& row : rows) keys.push_back(row.key);
  return keys;
}

/// Reads the object at `node` into `out`; keys that are absent leave their default.
template <class T>
void read_object(const JsonNode& node, const Object<T>& object, T& out) {
  node.expect_keys(keys_of(object.fields));
  for (const auto& field : object.fields) {
    if (const auto value = node.find(field.key))
      field.read(*value, out);
    else if (!field.absent.required.empty())
      node.miss(field.key, field.absent.required);
  }
}

/// An object as a value.
template <class T>
Value<T> object_of(const Object<T>& object) {
  return value<T>({reference_to(object.name), "object"}, [&object](const JsonNode& node) {
    T out;
    read_object(node, object, out);
    return out;
  });
}

}  // namespace actsparse
