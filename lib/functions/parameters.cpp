#include "functions/parameters.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"

namespace actsparse {
namespace {

using nlohmann::json;

std::string shown(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

bool is_int(const json& value) {
  if (!value.is_number_integer()) return false;
  return !value.is_number_unsigned() ||
         value.get<uint64_t>() <= std::numeric_limits<int64_t>::max();
}

bool is_number(const json& value) { return value.is_number(); }

bool is_list_of(bool (*is_element)(const json&), const json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_element);
}

bool has_type(const std::string& type, const json& value) {
  if (type == "int") return is_int(value);
  if (type == "float") return is_number(value);
  if (type == "bool") return value.is_boolean();
  if (type == "string") return value.is_string();
  if (type == "bool or object") return value.is_boolean() || value.is_object();
  if (type == "list of int") return is_list_of(is_int, value);
  if (type == "list of float") return is_list_of(is_number, value);
  throw Error(ErrorKind::Internal, "no parameter type '" + type + "'");
}

std::vector<std::string> names_of(const std::vector<ParameterRule>& rules) {
  std::vector<std::string> names;
  for (const auto& rule : rules) names.push_back(rule.name);
  return names;
}

Error unknown_parameter(const std::string& function, const std::vector<ParameterRule>& rules,
                        const std::string& path, const std::string& key) {
  const auto names = names_of(rules);
  const auto allowed = names.empty() ? "none (it takes no parameters)" : quoted_list(names);
  return Error(ErrorKind::Config,
               fmt::format("{}: found an unknown parameter of {}, allowed {}{}",
                           join_path(path, key), function, allowed, did_you_mean(key, names)));
}

void check_value(const ParameterRule& rule, const std::string& path, const json& value) {
  if (!has_type(rule.type, value))
    throw Error(ErrorKind::Config, fmt::format("{}: found {}, allowed {}, e.g. {}", path,
                                               shown(value), rule.type, shown(rule.example)));
  if (rule.in_range && !rule.in_range(value))
    throw Error(ErrorKind::Config,
                fmt::format("{}: found {}, allowed {}", path, shown(value), rule.allowed));
}

void read_source(const std::string& function, const std::vector<ParameterRule>& rules,
                 const ParameterSource& source, json& values) {
  for (const auto& [key, value] : source.values.items()) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [name = key](const auto& r) { return r.name == name; });
    if (rule == rules.end() && value.is_null()) continue;
    if (rule == rules.end()) throw unknown_parameter(function, rules, source.path, key);
    if (!value.is_null()) check_value(*rule, join_path(source.path, key), value);
    values[key] = value.is_null() ? rule->default_value : value;
  }
}

Error missing_parameter(const std::string& function, const ParameterRule& rule,
                        const std::string& path) {
  const auto range = rule.allowed.empty() ? "" : ", " + rule.allowed;
  return Error(
      ErrorKind::Config,
      fmt::format("{}{} needs the parameter '{}' ({}{}), e.g. {}", path.empty() ? "" : path + ": ",
                  function, rule.name, rule.type, range, shown(json{{rule.name, rule.example}})));
}

}  // namespace

ParameterRule required(const std::string& name, const std::string& type, const json& example) {
  return ParameterRule{{name, type, true, nullptr, ""}, example, nullptr};
}

ParameterRule optional(const std::string& name, const std::string& type, const json& default_value,
                       const json& example) {
  return ParameterRule{{name, type, false, default_value, ""}, example, nullptr};
}

ParameterRule ranged(ParameterRule rule, const std::string& allowed,
                     std::function<bool(const json&)> in_range) {
  rule.allowed = allowed;
  rule.in_range = std::move(in_range);
  return rule;
}

std::string join_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

json read_parameters(const std::string& function, const std::vector<ParameterRule>& rules,
                     const std::vector<ParameterSource>& sources) {
  json values = json::object();
  for (const auto& rule : rules) values[rule.name] = rule.default_value;
  for (const auto& source : sources) read_source(function, rules, source, values);
  for (const auto& rule : rules)
    if (rule.required && values[rule.name].is_null())
      throw missing_parameter(function, rule, sources.back().path);
  return values;
}

}  // namespace actsparse
