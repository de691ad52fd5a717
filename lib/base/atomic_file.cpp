#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

// Unique in this process too: probing a target must not touch a file that is being written to it.
fs::path temporary_name(const fs::path& target) {
  static std::atomic<int> count = 0;
  fs::path name = target;
  name += "." + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".tmp";
  return name;
}

void check_target(const fs::path& target) {
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  std::error_code ignored;
  if (target.filename().empty() || fs::is_directory(target, ignored))
    throw Error(ErrorKind::Output, target.string() + ": is a folder; name a file");
  // Renaming over a device or a pipe (/dev/null, as root) would replace it.
  if (fs::exists(target, ignored) && !fs::is_regular_file(target, ignored))
    throw Error(ErrorKind::Output, target.string() + ": is no regular file; name another");
  if (!fs::exists(folder, ignored))
    throw Error(ErrorKind::Output, target.string() + ": the folder " + folder.string() +
                                       " does not exist; make it, or give --output-dir");
  if (!fs::is_directory(folder, ignored))
    throw Error(ErrorKind::Output, target.string() + ": " + folder.string() + " is not a folder");
}

// Rename alone may reach the disk before the bytes do; a crash would then leave an empty file.
bool flush_to_disk(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool flushed = ::fsync(file) == 0;
  ::close(file);
  return flushed;
}

}  // namespace

AtomicFile::AtomicFile(fs::path target)
    : target_(std::move(target)), temporary_(temporary_name(target_)) {
  check_target(target_);
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_)
    throw Error(ErrorKind::Output,
                target_.string() + ": cannot be written: " + std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (committed_) return;
  stream_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void AtomicFile::close() {
  if (!std::exchange(open_, false)) return;
  errno = 0;
  stream_.close();
  if (!stream_ || !flush_to_disk(temporary_))
    throw Error(ErrorKind::Output, target_.string() + ": writing failed: " +
                                       (errno != 0 ? std::strerror(errno) : "unknown cause"));
}

void AtomicFile::commit() {
  close();
  std::error_code failed;
  fs::rename(temporary_, target_, failed);
  if (failed)
    throw Error(ErrorKind::Output,
                target_.string() + ": cannot be put in place: " + failed.message());
  committed_ = true;
}

void check_writable(const fs::path& target) { AtomicFile probe(target); }

}  // namespace actsparse
