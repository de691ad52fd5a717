#include "base/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "base/control_groups.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

std::string first_line_of(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// Those the system's scheduler may choose from; empty if it does not say.
std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
  std::vector<cpu_set_t> sets(16);  // 16,384 CPUs
  const size_t bytes = sets.size() * sizeof(cpu_set_t);
  if (::sched_getaffinity(0, bytes, sets.data()) != 0) return cpus;
  for (int cpu = 0; cpu < static_cast<int>(8 * bytes); ++cpu)
    if (CPU_ISSET_S(cpu, bytes, sets.data())) cpus.push_back(cpu);
  return cpus;
}

// "200000 100000": microseconds in each period of so many; "max 100000": no limit.
int quota_in(const fs::path& cpu_max) {
  std::ifstream stream(cpu_max);
  int64_t quota = 0, period = 0;
  if (!(stream >> quota >> period) || quota < 1 || period < 1) return 0;
  return static_cast<int>(std::min<int64_t>((quota + period - 1) / period, 1 << 20));
}

}  // namespace

int count_cores(const std::vector<int>& cpus, const fs::path& root) {
  std::set<std::string> cores;  // CPUs of one core have the same list of siblings
  for (const int cpu : cpus) {
    const std::string name = "cpu" + std::to_string(cpu);
    const auto siblings =
        first_line_of(root / "sys/devices/system/cpu" / name / "topology/thread_siblings_list");
    cores.insert(siblings.empty() ? name : siblings);
  }
  return static_cast<int>(cores.size());
}

int cpu_quota(const fs::path& root) {
  int least = 0;
  for (const auto& group : control_groups(root)) {
    const int own = quota_in(group / "cpu.max");
    if (own > 0 && (least == 0 || own < least)) least = own;
  }
  return least;
}

int usable_cores() {
  const auto cpus = allowed_cpus();
  const int cores =
      cpus.empty() ? static_cast<int>(std::thread::hardware_concurrency()) : count_cores(cpus);
  const int quota = cpu_quota();
  return std::max(1, quota > 0 ? std::min(cores, quota) : cores);
}

}  // namespace actsparse
