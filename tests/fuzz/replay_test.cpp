// Every input that the fuzz targets start from, and every finding that was fixed.
#include <filesystem>
#include <functional>

#include "fuzz/targets.h"
#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;

namespace {

struct Target {
  std::string name;
  std::function<void(const std::string&)> run;
};

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {
      {"config", fuzz_config},       {"npy", fuzz_npy},         {"npz", fuzz_npz},
      {"batch", fuzz_batch},         {"state", fuzz_state},     {"zip", fuzz_zip},
      {"functions", fuzz_functions}, {"program", fuzz_program}, {"glob", fuzz_glob},
      {"image", fuzz_image}};
  return all;
}

}  // namespace

TEST_CASE("every input of the fuzz corpus is read or refused", "[fuzz]") {
  for (const auto& target : targets()) {
    size_t inputs = 0;
    const auto folder = source_dir() / "tests" / "fuzz" / "corpus" / target.name;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      INFO(file.path().string());
      CHECK_NOTHROW(target.run(read_file(file.path())));
      ++inputs;
    }
    INFO(folder.string());
    CHECK(inputs > 0);
  }
}
