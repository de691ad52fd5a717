#pragma once
// What `actsparse functions` shows.
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "functions/functions.h"

namespace actsparse {

struct FunctionList {
  std::vector<FunctionInfo> functions;
};

nlohmann::ordered_json to_json(const FunctionList& list);
/// By kind; a function that serves as several is listed once.
void print_text(const FunctionList& list, std::ostream& out);

}  // namespace actsparse
