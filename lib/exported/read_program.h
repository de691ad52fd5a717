#pragma once
#include <nlohmann/json.hpp>

#include "exported/program.h"

namespace actsparse::exported {

/// The program in an archive's JSON. Throws std::runtime_error with one line that names what does
/// not fit: another major version of the schema, what this importer does not take (custom objects,
/// tokens, operators as arguments, registered classes among inputs or outputs), damage.
Program read_program(const nlohmann::json& json);

}  // namespace actsparse::exported
