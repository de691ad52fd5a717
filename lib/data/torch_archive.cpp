#include "data/torch_archive.h"

#include <ATen/ops/as_strided.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/view.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include "data/zip.h"

namespace actsparse {
namespace {

constexpr int64_t most_pickle_bytes = int64_t{1} << 30;

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

}  // namespace

struct TorchArchive::Contents {
  std::map<std::string, ZipEntry> records;  // by the name inside the archive's one folder
  std::unique_ptr<ZipArchive> zip;
  std::unique_ptr<ByteSource> file;
  // It alone tells where in the file a record lies.
  std::unique_ptr<caffe2::serialize::PyTorchStreamReader> reader;
  std::shared_ptr<char> mapped;  // the file

  std::string text(const std::string& name) const {
    const ZipEntry& entry = records.at(name);
    if (entry.size > most_pickle_bytes) throw std::runtime_error("its " + name + " is too large");
    std::string bytes(static_cast<size_t>(entry.size), '\0');
    zip->open(entry)->read_at(0, bytes.data(), entry.size);
    return bytes;
  }

  // Code is stored as TorchScript source; a class of nothing but attributes has no method in it.
  bool has_methods() const {
    const auto is_source = [](const std::string& name) {
      return name.compare(0, 5, "code/") == 0 && std::filesystem::path(name).extension() == ".py";
    };
    return std::any_of(records.begin(), records.end(), [&](const auto& record) {
      return is_source(record.first) && text(record.first).find("def ") != std::string::npos;
    });
  }
};

namespace {

// Where the window of `stored` ends in its storage, in elements. Checks that nothing overflows.
int64_t end_of(const StoredTensor& stored) {
  if (stored.sizes.size() != stored.strides.size() || stored.offset < 0)
    throw std::runtime_error("a tensor's sizes and strides do not fit");
  int64_t last = stored.offset, bytes = static_cast<int64_t>(c10::elementSize(stored.dtype));
  bool overflow = false, any_zero = false;
  for (size_t i = 0; i < stored.sizes.size(); ++i) {
    const int64_t size = stored.sizes[i], stride = stored.strides[i];
    if (size < 0 || stride < 0) throw std::runtime_error("a tensor has a negative size or stride");
    any_zero = any_zero || size == 0;
    int64_t reach = 0;
    overflow = overflow || __builtin_mul_overflow(size == 0 ? 0 : size - 1, stride, &reach) ||
               __builtin_add_overflow(last, reach, &last) ||
               __builtin_mul_overflow(bytes, size == 0 ? 1 : size, &bytes);
  }
  if (overflow) throw std::runtime_error("a tensor's sizes are impossible");
  return any_zero ? 0 : last + 1;
}

}  // namespace

TorchArchive::TorchArchive(const std::string& path, ErrorKind kind)
    : contents_(std::make_unique<Contents>()) {
  contents_->file = open_file(path, kind);
  ByteSource& file = *contents_->file;
  std::string start(static_cast<size_t>(std::min<int64_t>(6, file.size())), '\0');
  file.read_at(0, start.data(), static_cast<int64_t>(start.size()));
  const auto fail = [&](const std::string& what) { throw Error(kind, path + ": " + what); };
  if (const std::string other = other_format(start); !other.empty()) fail(other);
  contents_->zip = std::make_unique<ZipArchive>(path, kind);
  for (const auto& entry : contents_->zip->entries())
    contents_->records[entry.name.substr(entry.name.find('/') + 1)] = entry;
  const auto& records = contents_->records;
  if (is_module() && contents_->has_methods()) fail(is_a_model);
  if (records.count("data.pkl") == 0) fail("is a zip archive, but not one of torch.save");
  const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  if (records.count("byteorder") > 0 && contents_->text("byteorder") != (little ? "little" : "big"))
    fail("was saved on a machine with another byte order; save it again on this kind of machine");
  try {
    contents_->reader = std::make_unique<caffe2::serialize::PyTorchStreamReader>(path);
  } catch (const std::exception& cause) {
    fail("its records cannot be found: " + first_line(cause.what()));
  }
  contents_->mapped = file.map(0, file.size());
  if (contents_->mapped == nullptr) fail("cannot be mapped");
}

TorchArchive::~TorchArchive() = default;

int64_t TorchArchive::size() const { return contents_->file->size(); }

bool TorchArchive::is_module() const { return contents_->records.count("constants.pkl") > 0; }

std::string TorchArchive::pickle() const { return contents_->text("data.pkl"); }

at::Tensor TorchArchive::tensor(const StoredTensor& stored) const {
  const int64_t end = end_of(stored);
  if (end == 0) return at::empty_strided(stored.sizes, stored.strides, stored.dtype);
  const std::string name = "data/" + stored.key;
  const auto record = contents_->records.find(name);
  if (record == contents_->records.end() || !contents_->reader->hasRecord(name))
    throw std::runtime_error("a tensor's data is missing");
  if (!record->second.stored)
    throw std::runtime_error("its tensors are compressed; save it again with torch.save");
  const auto item = static_cast<int64_t>(c10::elementSize(stored.dtype));
  // What the archive says of itself is not believed.
  const auto start = static_cast<int64_t>(contents_->reader->getRecordOffset(name));
  if (end > record->second.size / item || end > stored.storage_elements || start < 0 ||
      start > contents_->file->size() - record->second.size)
    throw std::runtime_error("a tensor's data is shorter than its shape needs");
  char* bytes = contents_->mapped.get() + start + stored.offset * item;
  const auto keep_mapped = [whole = contents_->mapped](void*) {};
  // torch.save aligns to 64 bytes; other zip tools do not. A bool that is neither 0 nor 1 is
  // undefined behaviour in C++; PyTorch writes none, others may.
  if (stored.dtype != at::kBool &&
      reinterpret_cast<uintptr_t>(bytes) % static_cast<uintptr_t>(item) == 0)
    return at::from_blob(bytes, stored.sizes, stored.strides, keep_mapped, stored.dtype);
  // Copies what is stored, not what strides of 0 make of it.
  const at::Tensor window = at::from_blob(bytes, {end - stored.offset}, stored.dtype);
  return (stored.dtype == at::kBool ? window.view(at::kByte).ne(0) : window.clone())
      .as_strided(stored.sizes, stored.strides);
}

}  // namespace actsparse
