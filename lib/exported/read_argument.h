#pragma once
#include <nlohmann/json.hpp>

#include "exported/program.h"

namespace actsparse::exported {

/// One of the schema's tagged unions: {"as_tensor": {"name": "x"}}. Throws std::runtime_error.
Argument read_argument(const nlohmann::json& json);

/// export's number of a dtype. Throws std::runtime_error.
c10::ScalarType read_dtype(const nlohmann::json& json);

ProgramGraph read_graph(const nlohmann::json& json);

}  // namespace actsparse::exported
