#pragma once
// Bytes from within an archive, for what reads files by name.
#include <string>

#include "data/bytes.h"

namespace actsparse {

/// A temporary file that is gone with this; whoever has opened or mapped it keeps its bytes.
class NamedCopy {
 public:
  /// Throws Error(Data): no room.
  explicit NamedCopy(ByteSource& source);
  ~NamedCopy();
  NamedCopy(const NamedCopy&) = delete;
  NamedCopy& operator=(const NamedCopy&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace actsparse
