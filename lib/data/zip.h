#pragma once
// Zip archives, as .npz and .pt files are: which entries there are, and reading one.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/bytes.h"

struct zip;

namespace actsparse {

struct ZipEntry {
  std::string name;
  uint64_t index = 0;
  int64_t size = 0;     ///< uncompressed
  bool stored = false;  ///< not compressed
};

class ZipArchive {
 public:
  /// Throws Error(`kind`) if `path` is no zip archive that can be read, or the size of an entry is
  /// more than its bytes can hold.
  ZipArchive(const std::filesystem::path& path, ErrorKind kind);
  const std::vector<ZipEntry>& entries() const { return entries_; }

  /// The uncompressed bytes of an entry, read forward; going back starts over. Keeps the archive
  /// open. Throws Error(Data).
  std::unique_ptr<ByteSource> open(const ZipEntry& entry) const;

 private:
  std::string label_;
  std::shared_ptr<zip> zip_;
  std::vector<ZipEntry> entries_;
};

}  // namespace actsparse
