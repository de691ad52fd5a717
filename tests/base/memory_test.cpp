#include "base/memory.h"

#include <sys/resource.h>

#include <limits>

#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

}  // namespace

TEST_CASE("What the system and the control groups grant, the least counts", "[base]") {
  const TemporaryFolder root;
  CHECK(memory_left(root.path()).memory == kUnlimited);
  write_file(root / "proc/meminfo",
             "MemTotal:   9000 kB\nMemFree:  10 kB\nMemAvailable:   4000 kB\n");
  CHECK(memory_left(root.path()).memory == 4000 * 1024);
  write_file(root / "proc/self/cgroup", "0::/jobs/one\n");
  write_file(root / "sys/fs/cgroup/jobs/one/memory.max", "max\n");
  write_file(root / "sys/fs/cgroup/jobs/one/memory.current", "999999999\n");
  CHECK(memory_left(root.path()).memory == 4000 * 1024);
  write_file(root / "sys/fs/cgroup/jobs/memory.max", "3000000\n");
  write_file(root / "sys/fs/cgroup/jobs/memory.current", "2500000\n");
  CHECK(memory_left(root.path()).memory == 500000);
  write_file(root / "sys/fs/cgroup/jobs/memory.stat",
             "anon 1500000\nfile 1000000\nfile_mapped 5\n");
  CHECK(memory_left(root.path()).memory == 1500000);
  write_file(root / "sys/fs/cgroup/jobs/memory.max", "1000\n");
  CHECK(memory_left(root.path()).memory == 0);
}

TEST_CASE("The limit on address space less what is taken", "[base]") {
  CHECK(memory_left().address_space == kUnlimited);
  rlimit before{};
  ::getrlimit(RLIMIT_AS, &before);
  rlimit limited = before;
  limited.rlim_cur = rlim_t{1} << 46;
  ::setrlimit(RLIMIT_AS, &limited);
  const int64_t left = memory_left().address_space;
  ::setrlimit(RLIMIT_AS, &before);
  CHECK(left > 0);
  CHECK(left < int64_t{1} << 46);
}

TEST_CASE("Bytes are told in powers of 1000", "[base]") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(1000) == "1.0 kB");
  CHECK(bytes_text(999949) == "999.9 kB");
  CHECK(bytes_text(999950) == "1.0 MB");
  CHECK(bytes_text(1536000000) == "1.5 GB");
  CHECK(bytes_text(int64_t{5} * 1000000000000000) == "5000.0 TB");
}
