#include <sstream>

#include "fuzz/check.h"
#include "fuzz/targets.h"
#include "sparsifier/state_file.h"
#include "support/files.h"

namespace actsparse {
namespace {

std::string bytes_of(const StateDict& state) {
  std::ostringstream out;
  write_state(state, out);
  return out.str();
}

}  // namespace

void fuzz_state(const std::string& bytes) {
  const TemporaryFolder folder;
  write_torch_archive(folder / "x.pt", bytes);
  read_or_refuse([&] {
    const std::string written = bytes_of(read_state(folder / "x.pt"));
    write_file(folder / "again.pt", written);
    // Ours by now, so it must be read.
    try {
      check(bytes_of(read_state(folder / "again.pt")) == written, "a state changes when rewritten");
    } catch (const Error& error) {
      check(false, std::string("a state of our own is refused: ") + error.what());
    }
  });
}

}  // namespace actsparse
