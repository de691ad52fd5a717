#include <algorithm>

#include "data/zip.h"
#include "fuzz/check.h"
#include "fuzz/targets.h"
#include "support/files.h"

namespace actsparse {
namespace {

void read_entries(const std::filesystem::path& path) {
  constexpr int64_t most_bytes = 1 << 20;
  const ZipArchive archive(path, ErrorKind::Data);
  for (const auto& entry : archive.entries()) {
    std::string content(static_cast<size_t>(std::min(entry.size, most_bytes)), '\0');
    read_or_refuse([&] {
      archive.open(entry)->read_at(0, content.data(), static_cast<int64_t>(content.size()));
    });
  }
}

}  // namespace

void fuzz_zip(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "x.zip", bytes);
  read_or_refuse([&] { read_entries(folder / "x.zip"); });
}

}  // namespace actsparse
