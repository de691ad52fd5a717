#include "base/control_groups.h"

#include <fstream>
#include <string>

namespace actsparse {
namespace fs = std::filesystem;
namespace {

// The group's path in the version 2 tree: "0::/user.slice".
fs::path group_path(const fs::path& root) {
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);)
    if (line.rfind("0::/", 0) == 0) return line.substr(4);
  return "";
}

}  // namespace

std::vector<fs::path> control_groups(const fs::path& root) {
  const fs::path top = root / "sys/fs/cgroup";
  std::vector<fs::path> groups;
  for (fs::path group = group_path(root);; group = group.parent_path()) {
    groups.push_back(top / group);
    if (group.empty()) return groups;
  }
}

}  // namespace actsparse
