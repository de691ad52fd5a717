#include "base/cpu_count.h"

#include <thread>

#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

void put_siblings(const TemporaryFolder& root, int cpu, const std::string& siblings) {
  write_file(root / ("sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                     "/topology/thread_siblings_list"),
             siblings + "\n");
}

}  // namespace

TEST_CASE("CPUs that share a core count once", "[base]") {
  const TemporaryFolder root;
  for (const int cpu : {0, 1, 2, 3}) put_siblings(root, cpu, cpu % 2 == 0 ? "0,2" : "1,3");
  CHECK(count_cores({0, 1, 2, 3}, root.path()) == 2);
  CHECK(count_cores({0, 2}, root.path()) == 1);
  CHECK(count_cores({1}, root.path()) == 1);
}

TEST_CASE("a CPU of which nothing is known is a core", "[base]") {
  const TemporaryFolder root;
  CHECK(count_cores({0, 1, 5}, root.path()) == 3);
  put_siblings(root, 0, "0-1");
  put_siblings(root, 1, "0-1");
  CHECK(count_cores({0, 1, 5}, root.path()) == 2);
}

TEST_CASE("the least quota of a control group and those above it counts, rounded up", "[base]") {
  const TemporaryFolder root;
  CHECK(cpu_quota(root.path()) == 0);
  write_file(root / "proc/self/cgroup", "9:memory:/elsewhere\n0::/jobs/one\n");
  CHECK(cpu_quota(root.path()) == 0);
  write_file(root / "sys/fs/cgroup/jobs/one/cpu.max", "max 100000\n");
  CHECK(cpu_quota(root.path()) == 0);
  write_file(root / "sys/fs/cgroup/jobs/cpu.max", "250000 100000\n");
  CHECK(cpu_quota(root.path()) == 3);
  write_file(root / "sys/fs/cgroup/jobs/one/cpu.max", "50000 100000\n");
  CHECK(cpu_quota(root.path()) == 1);
  write_file(root / "sys/fs/cgroup/jobs/one/cpu.max", "800000 100000\n");
  CHECK(cpu_quota(root.path()) == 3);
  write_file(root / "sys/fs/cgroup/cpu.max",
             "200000 100000\n");  // a container sees its own as the root
  CHECK(cpu_quota(root.path()) == 2);
  write_file(root / "sys/fs/cgroup/cpu.max", "nonsense\n");
  CHECK(cpu_quota(root.path()) == 3);
}

TEST_CASE("at least one core is usable, and no more than there are threads", "[base]") {
  CHECK(usable_cores() >= 1);
  CHECK(usable_cores() <= static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
}
