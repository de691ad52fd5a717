#include <algorithm>

#include "data/npy.h"
#include "data/npz.h"
#include "fuzz/check.h"
#include "fuzz/targets.h"
#include "support/files.h"

namespace actsparse {
namespace {

// All samples (of long arrays, some) at once, then one by one, then back to the first.
void use(SampleReader& reader) {
  const int64_t count = std::min<int64_t>(reader.size(), 16);
  touch(reader.read(0, count));
  for (int64_t i = 0; i < count; ++i) touch(reader.read(reader.size() - count + i, 1));
  touch(reader.read(0, 1));
}

}  // namespace

void fuzz_npy(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "x.npy", bytes);
  read_or_refuse([&] { use(*open_npy(open_file(folder / "x.npy", ErrorKind::Data))); });
}

void fuzz_npz(const std::string& bytes) {
  const TemporaryFolder folder;
  write_archive(folder / "x.npz", bytes, "x.npy");
  read_or_refuse([&] { use(*open_npz(folder / "x.npz", "")); });
  read_or_refuse([&] { use(*open_npz(folder / "x.npz", "x")); });
}

}  // namespace actsparse
