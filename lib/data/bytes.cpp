#include "data/bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>
#include <vector>

#include "data/mapping.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

class FileBytes : public ByteSource {
 public:
  FileBytes(OpenFile file, int64_t size, std::string label)
      : file_(std::move(file)), size_(size), label_(std::move(label)) {}
  int64_t size() const override { return size_; }
  const std::string& label() const override { return label_; }
  bool random_access() const override { return true; }

  void read_at(int64_t offset, void* to, int64_t count) override {
    auto* bytes = static_cast<char*>(to);
    while (count > 0) {
      const ssize_t got = ::pread(::fileno(file_.get()), bytes, static_cast<size_t>(count), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        throw Error(ErrorKind::Data, label_ + ": reading failed at byte " + std::to_string(offset) +
                                         ": " + (got < 0 ? std::strerror(errno) : "it ends there"));
      bytes += got;
      offset += got;
      count -= got;
    }
  }

  std::shared_ptr<char> map(int64_t offset, int64_t count) override {
    struct stat now {};
    const int file = ::fileno(file_.get());
    if (count < 1 || ::fstat(file, &now) != 0 || now.st_size - offset < count) return nullptr;
    try {
      const auto mapping = std::make_shared<Mapping>(file, offset, count);
      return {mapping, mapping->bytes()};
    } catch (const std::exception&) {  // not every file system maps
      return nullptr;
    }
  }

 private:
  OpenFile file_;
  int64_t size_;
  std::string label_;
};

}  // namespace

void check_file(const fs::path& path, ErrorKind kind) {
  const auto fail = [&](const std::string& what) {
    throw Error(kind, path.string() + ": " + what);
  };
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (status.type() == fs::file_type::not_found) fail("does not exist");
  if (failed) fail("cannot be read: " + failed.message());
  if (fs::is_directory(status)) fail("is a folder; name a file");
  if (!fs::is_regular_file(status)) fail("is not a regular file");
  if (fs::file_size(path, failed) == 0) fail("is empty");
}

std::unique_ptr<ByteSource> open_file(const fs::path& path, ErrorKind kind) {
  check_file(path, kind);
  OpenFile file(std::fopen(path.c_str(), "rbe"));
  if (!file) throw Error(kind, path.string() + ": cannot be read: " + std::strerror(errno));
  const auto size = static_cast<int64_t>(fs::file_size(path));
  return std::make_unique<FileBytes>(std::move(file), size, path.string());
}

std::unique_ptr<ByteSource> spill(ByteSource& source) {
  const auto check = [&](bool fine) {
    if (!fine)
      throw Error(ErrorKind::Data, source.label() + ": cannot be unpacked to a temporary file: " +
                                       std::strerror(errno) +
                                       "; make room, or save the array in C order");
  };
  OpenFile file(std::tmpfile());
  check(file != nullptr);
  std::vector<char> block(1 << 20);
  for (int64_t at = 0; at < source.size();) {
    const auto count = std::min<int64_t>(static_cast<int64_t>(block.size()), source.size() - at);
    source.read_at(at, block.data(), count);
    check(std::fwrite(block.data(), 1, static_cast<size_t>(count), file.get()) ==
          static_cast<size_t>(count));
    at += count;
  }
  check(std::fflush(file.get()) == 0);
  return std::make_unique<FileBytes>(std::move(file), source.size(), source.label());
}

}  // namespace actsparse
