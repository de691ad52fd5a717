#pragma once
// The control groups (cgroup v2) that limit this process, as containers and batch systems set them.
#include <filesystem>
#include <vector>

namespace actsparse {

/// Folders of this process's group and of all above it, innermost first; in a container the last is
/// the container's own. `root` is "/" but for tests.
std::vector<std::filesystem::path> control_groups(const std::filesystem::path& root);

}  // namespace actsparse
