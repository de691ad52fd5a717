#pragma once
#include <nlohmann/json.hpp>

#include "exported/program.h"

namespace actsparse::exported {

/// Throws std::runtime_error.
ProgramNode read_node(const nlohmann::json& json);

/// The FQN in what a stack calls a module: "layers.0", or the Python that reaches it:
/// "L['self'].layers[0]", "getattr(L['self'].layers, '0')". Throws std::runtime_error.
std::string read_fqn(const std::string& path);

}  // namespace actsparse::exported
