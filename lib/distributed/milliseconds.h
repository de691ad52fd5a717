#pragma once
// Time spans are given in seconds, as a double; clocks and LibTorch want these.
#include <chrono>
#include <cstdint>

namespace actsparse {

/// Whole milliseconds, rounded towards 0.
inline std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

}  // namespace actsparse
