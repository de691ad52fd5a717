#pragma once
// Which of a job's parts this process is.
#include <cstdint>
#include <string>

namespace actsparse {

/// Every `count`-th batch, from the `index`-th on (counted from 1).
struct Shard {
  int64_t index = 1, count = 1;
  bool is_whole() const { return count == 1; }
  std::string text() const { return std::to_string(index) + "/" + std::to_string(count); }
};

/// "2/4". Throws Error(Usage).
Shard parse_shard(const std::string& text);

}  // namespace actsparse
