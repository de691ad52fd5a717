#pragma once
// Where an array's bytes come from: a file, or a member of a zip archive.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"

namespace actsparse {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual int64_t size() const = 0;
  /// Copies exactly `count` bytes from `offset`. Throws Error(Data) if there are fewer or reading
  /// fails.
  virtual void read_at(int64_t offset, void* to, int64_t count) = 0;
  /// The same bytes in a mapping of their own (data/mapping.h) that lasts as long as the result.
  /// Null if there are fewer, or they cannot be mapped: read_at tells, or copies.
  virtual std::shared_ptr<char> map(int64_t /*offset*/, int64_t /*count*/) { return nullptr; }
  /// Names the source in messages.
  virtual const std::string& label() const = 0;
  /// False if going back or skipping costs reading all bytes on the way.
  virtual bool random_access() const = 0;
};

/// Throws Error(`kind`) unless `path` is a file with something in it.
void check_file(const std::filesystem::path& path, ErrorKind kind);

/// Opens a file for random access. Throws Error(`kind`) if it is missing, empty or not readable.
std::unique_ptr<ByteSource> open_file(const std::filesystem::path& path, ErrorKind kind);

/// Copies all of `source` to a temporary file that has no name and vanishes with the result.
std::unique_ptr<ByteSource> spill(ByteSource& source);

}  // namespace actsparse
