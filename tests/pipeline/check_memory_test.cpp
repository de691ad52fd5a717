#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <limits>

#include "pipeline/helpers.h"
#include "pipeline/prepared_job.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

// Leaves this process so many more bytes of address space, for as long as it lives.
class AddressSpace {
 public:
  explicit AddressSpace(int64_t bytes) {
    ::getrlimit(RLIMIT_AS, &before_);
    int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limited = before_;
    limited.rlim_cur = static_cast<rlim_t>(pages * ::sysconf(_SC_PAGESIZE) + bytes);
    ::setrlimit(RLIMIT_AS, &limited);
  }
  ~AddressSpace() { ::setrlimit(RLIMIT_AS, &before_); }
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("Address space that a model cannot run in is refused", "[pipeline]") {
  check_memory(0);
  const Error error = [] {
    const AddressSpace limit(int64_t{100} << 20);
    return error_of([] { check_memory(0); });
  }();
  CHECK(error.kind() == ErrorKind::Usage);
  CHECK(contains(error.what(), "running a model takes at least"));
  const AddressSpace enough(int64_t{8} << 30);
  check_memory(1000);
}

TEST_CASE("A batch that memory cannot hold is refused before anything is read", "[pipeline]") {
  Workplace place;
  const int64_t samples = int64_t{1} << 40;  // 256 TiB
  place.json["data"] = {{"inputs", {{{"random", {{"shape", {samples, 1, 8, 8}}}}}}},
                        {"batch_size", samples}};
  const Error error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "a batch takes 281.5 TB of memory"));
  CHECK(contains(error.what(), "use a smaller data.batch_size"));
}
