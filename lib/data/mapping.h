#pragma once
// Files in memory's address space: read when touched, not copied.
#include <cstddef>
#include <cstdint>

namespace actsparse {

/// A part of a file. What is written to it reaches neither the file nor any other mapping. A file
/// that is cut short meanwhile ends the process (SIGBUS) where its missing pages are touched.
class Mapping {
 public:
  /// Maps `size` bytes (at least 1) from `offset` of the open file `file`, which may be closed
  /// then. Throws std::runtime_error.
  Mapping(int file, int64_t offset, int64_t size);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  /// The first byte, at `offset`.
  char* bytes() const { return static_cast<char*>(pages_) + lead_; }

 private:
  size_t lead_;  // mappings begin at a page
  size_t size_;  // of the pages
  void* pages_ = nullptr;
};

/// Reads the pages of `count` mapped bytes now, so that touching them never waits for the disk.
/// False if that failed: the file is shorter, cannot be read, or the system (before Linux 5.14)
/// cannot do this.
bool page_in(void* bytes, size_t count);

}  // namespace actsparse
