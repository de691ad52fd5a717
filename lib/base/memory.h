#pragma once
// How much memory this process may still take.
#include <cstdint>
#include <filesystem>
#include <string>

namespace actsparse {

/// Bytes; the largest int64 where nothing limits them.
struct MemoryLeft {
  int64_t memory;         ///< what the system has available and control groups (v2) still grant
  int64_t address_space;  ///< until the limit of `ulimit -v`
};

/// As of now. `root` is "/" but for tests.
MemoryLeft memory_left(const std::filesystem::path& root = "/");

/// "1.5 GB": in powers of 1000, as disks and `ls --si` count.
std::string bytes_text(int64_t bytes);

}  // namespace actsparse
