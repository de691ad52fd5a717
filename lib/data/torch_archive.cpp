#include "data/torch_archive.h"

#include <algorithm>
#include <filesystem>

#include "data/torch_records.h"

namespace actsparse {
namespace {

// What a file that is no torch.save archive seems to be, from its first bytes; "" if it may be one.
std::string other_format(const std::string& start) {
  if (start.compare(0, 2, "PK") == 0) return "";
  if (start.compare(0, 6, "\x80\x02\x8a\x0a\x6c\xfc") == 0)
    return "is in the old format of torch.save; save it again with PyTorch 1.6 or newer";
  if (!start.empty() && start[0] == '\x80')
    return "is a plain pickle; write it with torch.save instead";
  if (start.compare(0, 6, "\x93NUMPY") == 0) return "is a .npy file; name it so";
  return "is not a file of torch.save";
}

// Code is stored as TorchScript source; a class of nothing but attributes has no method in it.
bool has_methods(const TorchRecords& records) {
  const auto is_source = [](const std::string& name) {
    return name.compare(0, 5, "code/") == 0 && std::filesystem::path(name).extension() == ".py";
  };
  return std::any_of(records.all().begin(), records.all().end(), [&](const auto& record) {
    return is_source(record.first) && records.text(record.first).find("def ") != std::string::npos;
  });
}

void check_start(const std::string& path, ErrorKind kind) {
  const auto file = open_file(path, kind);
  std::string start(static_cast<size_t>(std::min<int64_t>(6, file->size())), '\0');
  file->read_at(0, start.data(), static_cast<int64_t>(start.size()));
  if (const std::string other = other_format(start); !other.empty())
    throw Error(kind, path + ": " + other);
}

// LibTorch's reader would only say what it misses.
void check_entries(const std::string& path, ErrorKind kind) {
  const ZipArchive zip(path, kind);
  const auto is_pickle = [](const ZipEntry& entry) {
    return std::filesystem::path(entry.name).filename() == "data.pkl";
  };
  if (std::none_of(zip.entries().begin(), zip.entries().end(), is_pickle))
    throw Error(kind, path + ": is a zip archive, but not one of torch.save");
}

}  // namespace

TorchArchive::TorchArchive(const std::string& path, ErrorKind kind) {
  check_start(path, kind);
  check_entries(path, kind);
  records_ = std::make_unique<TorchRecords>(path, kind);
  const auto fail = [&](const std::string& what) { throw Error(kind, path + ": " + what); };
  if (is_module() && has_methods(*records_)) fail(is_a_model);
  if (!records_->has_byte_order())
    fail("was saved on a machine with another byte order; save it again on this kind of machine");
}

TorchArchive::~TorchArchive() = default;

int64_t TorchArchive::size() const { return records_->size(); }

bool TorchArchive::is_module() const { return records_->has("constants.pkl"); }

std::string TorchArchive::pickle() const { return records_->text("data.pkl"); }

at::Tensor TorchArchive::tensor(const StoredTensor& stored) const {
  return records_->tensor("data/" + stored.key, stored);
}

}  // namespace actsparse
