#include "base/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <limits>

#include "base/control_groups.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

// The number a file starts with; `fallback` for one that is missing or says "max".
int64_t number_in(const fs::path& file, int64_t fallback) {
  int64_t number = 0;
  return std::ifstream(file) >> number ? number : fallback;
}

// "MemAvailable:   12345 kB"
int64_t available(const fs::path& root) {
  std::ifstream lines(root / "proc/meminfo");
  int64_t kilobytes = 0;
  for (std::string word; lines >> word;)
    if (word == "MemAvailable:" && lines >> kilobytes) return kilobytes * 1024;
  return kUnlimited;
}

// What the system could take back of a group's memory: pages of files.
int64_t reclaimable(const fs::path& group) {
  std::ifstream lines(group / "memory.stat");
  int64_t bytes = 0;
  for (std::string word; lines >> word;)
    if (word == "file" && lines >> bytes) return bytes;
  return 0;
}

int64_t left_in(const fs::path& group) {
  const int64_t most = number_in(group / "memory.max", kUnlimited);
  if (most == kUnlimited) return kUnlimited;
  const int64_t taken = number_in(group / "memory.current", 0) - reclaimable(group);
  return std::max<int64_t>(0, most - std::max<int64_t>(0, taken));
}

int64_t address_space(const fs::path& root) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  const int64_t taken = number_in(root / "proc/self/statm", 0) * ::sysconf(_SC_PAGESIZE);
  return std::max<int64_t>(0, static_cast<int64_t>(limit.rlim_cur) - taken);
}

}  // namespace

MemoryLeft memory_left(const fs::path& root) {
  MemoryLeft left{available(root), address_space(root)};
  for (const auto& group : control_groups(root))
    left.memory = std::min(left.memory, left_in(group));
  return left;
}

std::string bytes_text(int64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 999.95 && unit < 4; ++unit) value /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %cB", value, " kMGT"[unit]);
  return text.data();
}

}  // namespace actsparse
