#pragma once
// How many threads a computation is worth here.
#include <filesystem>
#include <vector>

namespace actsparse {

/// Physical cores among the CPUs this process may run on, at most what its control group grants. At
/// least 1.
int usable_cores();

/// Physical cores among `cpus`, as `root`/sys tells; a CPU it says nothing about is a core of its
/// own.
int count_cores(const std::vector<int>& cpus, const std::filesystem::path& root = "/");

/// CPUs that cpu.max (cgroup v2) grants this process, rounded up: the least of its group and those
/// above it; 0 if there is no limit.
int cpu_quota(const std::filesystem::path& root = "/");

}  // namespace actsparse
