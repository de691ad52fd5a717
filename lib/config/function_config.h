#pragma once
// A function of the user's choice, built in or of the `functions` files.
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse {

/// A function by name, with parameters: "mean" or {"name": "mean", "dim": [0]}.
struct FunctionConfig {
  std::string name;
  nlohmann::json parameters = nlohmann::json::object();  ///< all keys but "name", as written
  std::string path;  ///< where it stands in the JSON, for messages
};

}  // namespace actsparse
