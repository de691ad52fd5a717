#pragma once
// SHA-256, from OpenSSL. It names models, data and configs in state files and reports.
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"

namespace actsparse {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void update(const void* bytes, size_t count);
  /// 64 lower-case hex digits. The digest takes no more bytes afterwards.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string digest_of(const std::string& bytes);

/// Reads the file in blocks. Throws Error(`kind`) if it cannot be read.
std::string digest_of_file(const std::filesystem::path& path, ErrorKind kind);

}  // namespace actsparse
