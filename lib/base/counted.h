#pragma once
#include <cstdint>
#include <string>

namespace actsparse {

/// "1 layer", "3 layers": `thing` with an s where there is not one; "1 batch", "3 batches".
inline std::string counted(int64_t count, const std::string& thing) {
  const std::string plural = thing.back() == 'h' ? "es" : "s";
  return std::to_string(count) + " " + thing + (count == 1 ? "" : plural);
}

}  // namespace actsparse
