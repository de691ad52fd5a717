#pragma once
// Where a model is observed and masked.
#include <cstdint>
#include <string>
#include <variant>

namespace actsparse {

/// Which argument of a layer: position (0 = the first after self) or name.
using InputSelector = std::variant<int64_t, std::string>;

/// A layer, and the argument of it that is observed and masked.
struct Site {
  std::string layer;  ///< FQN
  InputSelector input = int64_t{0};
};

}  // namespace actsparse
