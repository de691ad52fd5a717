#include "report/function_list.h"

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

void print_function(const FunctionInfo& function, std::ostream& out) {
  out << "  " << function.name << ": " << function.description << '\n';
  for (const auto& parameter : function.parameters) {
    out << "      " << parameter.name << " (" << parameter.type;
    if (parameter.required)
      out << ", required";
    else if (!parameter.default_value.is_null())
      out << ", default " << parameter.default_value.dump();
    out << ")" << (parameter.allowed.empty() ? "" : "  " + parameter.allowed) << '\n';
  }
}

void print_kind(const std::vector<FunctionInfo>& functions, FunctionKind kind, std::ostream& out) {
  out << to_string(kind) << '\n';
  for (const auto& function : functions)
    if (!function.kinds.empty() && function.kinds.front() == kind) print_function(function, out);
}

}  // namespace

json to_json(const FunctionList& list) {
  json document = {{"version", 1}, {"functions", json::array()}};
  for (const auto& function : list.functions)
    document["functions"].push_back(function_json(function));
  return document;
}

void print_text(const FunctionList& list, std::ostream& out) {
  for (const auto kind : {FunctionKind::Aggregate, FunctionKind::Reduce, FunctionKind::Mask})
    print_kind(list.functions, kind, out);
}

}  // namespace actsparse
