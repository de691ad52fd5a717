#include "engine/print_functions.h"

#include <iostream>

#include "functions/functions.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

json function_json(const FunctionInfo& function) {
  json entry = {
      {"name", function.name}, {"kinds", json::array()}, {"description", function.description}};
  for (const auto kind : function.kinds) entry["kinds"].push_back(to_string(kind));
  entry["parameters"] = json::array();
  for (const auto& parameter : function.parameters)
    entry["parameters"].push_back({{"name", parameter.name},
                                   {"type", parameter.type},
                                   {"required", parameter.required},
                                   {"default", parameter.default_value},
                                   {"allowed", parameter.allowed}});
  entry["source"] = function.source;
  return entry;
}

void print_function(const FunctionInfo& function) {
  std::cout << "  " << function.name << ": " << function.description << '\n';
  for (const auto& parameter : function.parameters) {
    std::cout << "      " << parameter.name << " (" << parameter.type;
    if (parameter.required)
      std::cout << ", required";
    else if (!parameter.default_value.is_null())
      std::cout << ", default " << parameter.default_value.dump();
    std::cout << ")" << (parameter.allowed.empty() ? "" : "  " + parameter.allowed) << '\n';
  }
}

void print_kind(const std::vector<FunctionInfo>& functions, FunctionKind kind) {
  std::cout << to_string(kind) << '\n';
  for (const auto& function : functions)
    if (!function.kinds.empty() && function.kinds.front() == kind) print_function(function);
}

}  // namespace

void print_functions(bool as_json) {
  const auto functions = FunctionTable().list();
  if (as_json) {
    json document = {{"version", 1}, {"functions", json::array()}};
    for (const auto& function : functions) document["functions"].push_back(function_json(function));
    std::cout << document.dump(2) << std::endl;
    return;
  }
  for (const auto kind : {FunctionKind::Aggregate, FunctionKind::Reduce, FunctionKind::Mask})
    print_kind(functions, kind);
}

}  // namespace actsparse
