#include "data/zip.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace actsparse {
namespace {

struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::shared_ptr<zip> open_archive(const std::filesystem::path& path, ErrorKind kind) {
  check_file(path, kind);
  int code = 0;
  if (zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY, &code))
    return {archive, [](zip_t* opened) { zip_discard(opened); }};
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  throw Error(kind, path.string() + ": is no readable zip archive: " + reason +
                        "; it may be cut off: write or copy it again");
}

// Before anyone takes memory for an entry. Deflate makes at most 1032 bytes of one.
bool is_possible(const zip_stat_t& stat, uint64_t file_size) {
  if (stat.comp_size > file_size) return false;
  return stat.comp_method == ZIP_CM_STORE ? stat.size == stat.comp_size
                                          : stat.size / 1032 <= stat.comp_size;
}

class ZipBytes : public ByteSource {
 public:
  ZipBytes(std::shared_ptr<zip> archive, ZipEntry entry, std::string label)
      : archive_(std::move(archive)), entry_(std::move(entry)), label_(std::move(label)) {
    reopen();
  }
  int64_t size() const override { return entry_.size; }
  const std::string& label() const override { return label_; }
  bool random_access() const override { return false; }

  void read_at(int64_t offset, void* to, int64_t count) override {
    if (offset < position_) reopen();
    std::array<char, 1 << 16> skipped{};
    while (position_ < offset)
      read(skipped.data(), std::min<int64_t>(offset - position_, skipped.size()));
    read(static_cast<char*>(to), count);
  }

 private:
  void reopen() {
    file_.reset(zip_fopen_index(archive_.get(), entry_.index, 0));
    if (!file_) fail(zip_strerror(archive_.get()));
    position_ = 0;
  }

  void read(char* to, int64_t count) {
    while (count > 0) {
      const int64_t got = zip_fread(file_.get(), to, static_cast<zip_uint64_t>(count));
      if (got <= 0)
        fail(got < 0 ? zip_file_strerror(file_.get()) : "it ends before the size it claims");
      to += got;
      count -= got;
      position_ += got;
    }
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorKind::Data, label_ + ": cannot be unpacked: " + reason +
                                     "; it may be damaged: write or copy it again");
  }

  std::shared_ptr<zip> archive_;  // outlives file_
  ZipEntry entry_;
  std::string label_;
  std::unique_ptr<zip_file_t, CloseEntry> file_;
  int64_t position_ = 0;
};

}  // namespace

ZipArchive::ZipArchive(const std::filesystem::path& path, ErrorKind kind)
    : label_(path.string()), zip_(open_archive(path, kind)) {
  const zip_int64_t count = zip_get_num_entries(zip_.get(), 0);
  const auto file_size = static_cast<uint64_t>(std::filesystem::file_size(path));
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t stat;
    const zip_uint64_t wanted =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(zip_.get(), i, 0, &stat) != 0 || (stat.valid & wanted) != wanted ||
        stat.size > static_cast<zip_uint64_t>(std::numeric_limits<int64_t>::max()))
      throw Error(kind, label_ + ": has a damaged entry; write or copy it again");
    if (!is_possible(stat, file_size))
      throw Error(kind, label_ + ": its entry '" + stat.name +
                            "' claims a size that cannot be; write or copy it again");
    entries_.push_back(
        {stat.name, i, static_cast<int64_t>(stat.size), stat.comp_method == ZIP_CM_STORE});
  }
}

std::unique_ptr<ByteSource> ZipArchive::open(const ZipEntry& entry) const {
  return std::make_unique<ZipBytes>(zip_, entry, label_ + "[" + entry.name + "]");
}

}  // namespace actsparse
