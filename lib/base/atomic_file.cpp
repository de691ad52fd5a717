#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
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

// "TARGET.<pid>-<count>.tmp" of a process that is no more, as far as this machine knows.
bool is_temporary_of(const std::string& name, const fs::path& target) {
  const std::string start = target.filename().string() + ".";
  if (name.compare(0, start.size(), start) != 0) return false;
  int pid = 0, count = 0, length = 0;
  const bool fits =
      std::sscanf(name.c_str() + start.size(), "%d-%d.tmp%n", &pid, &count, &length) == 2 &&
      start.size() + static_cast<size_t>(length) == name.size();
  return fits && pid > 0 && (::kill(pid, 0) != 0 && errno == ESRCH);
}

// The lock, or -1 if another process holds it.
int lock(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  if (file >= 0) ::close(file);
  return -1;
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
  lock_ = lock(temporary_);
}

AtomicFile::~AtomicFile() {
  stream_.close();
  std::error_code ignored;
  if (!committed_) fs::remove(temporary_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

void AtomicFile::write(const std::function<void(std::ostream&)>& write) try {
  write(stream_);
} catch (const Error& error) {
  throw error.in(target_.string());
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

void remove_leftovers(const fs::path& target) {
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (!is_temporary_of(entry.path().filename().string(), target)) continue;
    const int file = lock(entry.path());
    if (file < 0) continue;
    fs::remove(entry.path(), failed);
    ::close(file);
  }
}

void check_writable(const fs::path& target) { AtomicFile probe(target); }

}  // namespace actsparse
