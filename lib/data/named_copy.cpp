#include "data/named_copy.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace actsparse {
namespace {

Error no_room(const ByteSource& source) {
  return Error(ErrorKind::Data, source.label() + ": cannot be unpacked to a temporary file: " +
                                    std::strerror(errno) + "; make room, or set TMPDIR");
}

void copy_to(int file, ByteSource& source) {
  std::vector<char> block(1 << 20);
  for (int64_t at = 0; at < source.size();) {
    const auto count = std::min<int64_t>(static_cast<int64_t>(block.size()), source.size() - at);
    source.read_at(at, block.data(), count);
    for (int64_t done = 0; done < count;) {
      const auto written = ::write(file, block.data() + done, static_cast<size_t>(count - done));
      if (written < 0) throw no_room(source);
      done += written;
    }
    at += count;
  }
}

}  // namespace

NamedCopy::NamedCopy(ByteSource& source)
    : path_((std::filesystem::temp_directory_path() / "actsparse-XXXXXX").string()) {
  const int file = ::mkstemp(path_.data());
  if (file < 0) throw no_room(source);
  try {
    copy_to(file, source);
  } catch (...) {
    ::close(file);
    ::unlink(path_.c_str());
    throw;
  }
  ::close(file);
}

NamedCopy::~NamedCopy() { ::unlink(path_.c_str()); }

}  // namespace actsparse
