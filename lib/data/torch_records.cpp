#include "data/torch_records.h"

#include <ATen/ops/as_strided.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/view.h>
#include <caffe2/serialize/inline_container.h>

#include <stdexcept>

namespace actsparse {
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

TorchRecords::TorchRecords(const std::string& path, ErrorKind kind)
    : zip_(std::make_unique<ZipArchive>(path, kind)), file_(open_file(path, kind)) {
  for (const auto& entry : zip_->entries())
    records_[entry.name.substr(entry.name.find('/') + 1)] = entry;
  const auto fail = [&](const std::string& what) { throw Error(kind, path + ": " + what); };
  try {
    reader_ = std::make_unique<caffe2::serialize::PyTorchStreamReader>(path);
  } catch (const std::exception& cause) {
    fail("its records cannot be found: " + first_line(cause.what()));
  }
  mapped_ = file_->map(0, file_->size());
  if (mapped_ == nullptr) fail("cannot be mapped");
}

TorchRecords::~TorchRecords() = default;

std::string TorchRecords::text(const std::string& name, int64_t most) const {
  const auto record = records_.find(name);
  if (record == records_.end()) throw std::runtime_error("it has no " + name);
  const ZipEntry& entry = record->second;
  if (entry.size > most) throw std::runtime_error("its " + name + " is too large");
  std::string bytes(static_cast<size_t>(entry.size), '\0');
  zip_->open(entry)->read_at(0, bytes.data(), entry.size);
  return bytes;
}

bool TorchRecords::has_byte_order() const {
  const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  return !has("byteorder") || text("byteorder", 64) == (little ? "little" : "big");
}

at::Tensor TorchRecords::tensor(const std::string& name, const StoredTensor& stored) const {
  const int64_t end = end_of(stored);
  if (end == 0) return at::empty_strided(stored.sizes, stored.strides, stored.dtype);
  const auto record = records_.find(name);
  if (record == records_.end() || !reader_->hasRecord(name))
    throw std::runtime_error("a tensor's data is missing");
  if (!record->second.stored)
    throw std::runtime_error("its tensors are compressed; save it again with PyTorch");
  const auto item = static_cast<int64_t>(c10::elementSize(stored.dtype));
  // What the archive says of itself is not believed.
  const auto start = static_cast<int64_t>(reader_->getRecordOffset(name));
  if (end > record->second.size / item || end > stored.storage_elements || start < 0 ||
      start > file_->size() - record->second.size)
    throw std::runtime_error("a tensor's data is shorter than its shape needs");
  char* bytes = mapped_.get() + start + stored.offset * item;
  const auto keep_mapped = [whole = mapped_](void*) {};
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
