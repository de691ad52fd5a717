#pragma once
// A file that appears under its name only when it is whole: written beside the target, renamed at
// the end.
#include <filesystem>
#include <fstream>
#include <functional>

namespace actsparse {

class AtomicFile {
 public:
  /// Opens a temporary file in `target`'s folder. Throws Error(Output) if the folder is missing or
  /// not writable, or `target` is a folder or another thing that is no regular file.
  explicit AtomicFile(std::filesystem::path target);
  /// Removes the temporary file unless commit() was called.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  std::ostream& stream() { return stream_; }
  /// Calls `write` with the stream; an Error of it gets the file's name.
  void write(const std::function<void(std::ostream&)>& write);
  const std::filesystem::path& target() const { return target_; }
  /// Where the bytes stand before commit(): for checks on the written file. Valid after close().
  const std::filesystem::path& temporary() const { return temporary_; }
  /// Flushes to disk and closes. Throws Error(Output) if any write failed (disk full, say).
  void close();
  /// close(), then rename over the target.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::ofstream stream_;
  int lock_ = -1;  // held while the temporary file is ours: see remove_leftovers
  bool open_ = true;
  bool committed_ = false;
};

/// Removes the temporary files that processes which were killed have left beside `target`: those
/// that no process has open.
void remove_leftovers(const std::filesystem::path& target);

/// Throws the Error(Output) that writing `target` would run into (missing folder, no permission, is
/// a folder), so that it can be known before hours of work. Leaves nothing behind.
void check_writable(const std::filesystem::path& target);

}  // namespace actsparse
