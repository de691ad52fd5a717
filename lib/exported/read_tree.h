#pragma once
#include <nlohmann/json.hpp>

#include "exported/program.h"

namespace actsparse::exported {

/// The pytree in the JSON text of a module call's signature. Throws std::runtime_error: a protocol
/// other than 1, a class that is registered by the user.
Tree read_tree(const std::string& text);

/// How many leaves it has.
size_t leaves(const Tree& tree);

}  // namespace actsparse::exported
