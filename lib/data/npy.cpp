#include "data/npy.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "data/mapping.h"
#include "data/npy_header.h"

namespace actsparse {
namespace {

template <int64_t unit>
void reverse_each(char* bytes, int64_t count) {
  for (int64_t at = 0; at < count; at += unit) std::reverse(bytes + at, bytes + at + unit);
}

void swap_bytes(char* bytes, int64_t count, int64_t unit) {
  if (unit == 2) reverse_each<2>(bytes, count);
  if (unit == 4) reverse_each<4>(bytes, count);
  if (unit == 8) reverse_each<8>(bytes, count);
}

// A bool that is neither 0 nor 1 is undefined behaviour in C++; NumPy writes none, others may.
void normalize_bools(char* bytes, int64_t count) {
  std::transform(bytes, bytes + count, bytes,
                 [](char byte) { return static_cast<char>(byte != 0); });
}

// A tensor on `bytes` like any other: it can be resized too, on memory of its own then.
at::Tensor tensor_on(const std::shared_ptr<char>& bytes, const std::vector<int64_t>& shape,
                     at::ScalarType dtype) {
  at::Tensor tensor = at::from_blob(
      bytes.get(), shape, [bytes](void*) {}, dtype);
  auto* storage = tensor.storage().unsafeGetStorageImpl();
  storage->set_allocator(c10::GetCPUAllocator());
  storage->set_resizable(true);
  return tensor;
}

class NpyReader : public SampleReader {
 public:
  NpyReader(NpyHeader header, std::unique_ptr<ByteSource> bytes)
      : header_(std::move(header)), bytes_(std::move(bytes)) {}
  int64_t size() const override { return header_.sample_count(); }
  int64_t sample_bytes() const override { return header_.sample_elements() * header_.item_size; }

  at::Tensor read(int64_t first, int64_t count) override {
    at::Tensor samples =
        header_.fortran_order ? read_columns(first, count) : read_rows(first, count);
    auto* bytes = static_cast<char*>(samples.data_ptr());
    const int64_t length = samples.numel() * header_.item_size;
    swap_bytes(bytes, length, header_.swapped_unit);
    if (header_.dtype == at::kBool) normalize_bools(bytes, length);
    return samples;
  }

 private:
  at::Tensor read_rows(int64_t first, int64_t count) {
    std::vector<int64_t> shape = header_.shape;
    shape[0] = count;
    const int64_t row = header_.sample_elements() * header_.item_size;
    const int64_t offset = header_.data_offset + first * row;
    if (is_as_in_memory(offset))
      if (const auto mapped = bytes_->map(offset, count * row);
          mapped && page_in(mapped.get(), static_cast<size_t>(count * row)))
        return tensor_on(mapped, shape, header_.dtype);
    at::Tensor samples = at::empty(shape, header_.dtype);
    bytes_->read_at(offset, samples.data_ptr(), count * row);
    return samples;
  }

  // Nothing to swap or normalize, and aligned for the dtype.
  bool is_as_in_memory(int64_t offset) const {
    return header_.swapped_unit == 0 && header_.dtype != at::kBool &&
           offset % header_.item_size == 0;
  }

  // In the file the samples lie side by side, one run of them per element of a sample: read as
  // (dk, ..., d1, count), give back (count, d1, ..., dk).
  at::Tensor read_columns(int64_t first, int64_t count) {
    std::vector<int64_t> reversed(header_.shape.rbegin(), header_.shape.rend());
    reversed.back() = count;
    at::Tensor columns = at::empty(reversed, header_.dtype);
    auto* to = static_cast<char*>(columns.data_ptr());
    const int64_t run = count * header_.item_size, all = size() * header_.item_size;
    if (run == all)
      bytes_->read_at(header_.data_offset, to, columns.numel() * header_.item_size);
    else
      for (int64_t column = 0; column < header_.sample_elements(); ++column)
        bytes_->read_at(header_.data_offset + column * all + first * header_.item_size,
                        to + column * run, run);
    std::vector<int64_t> order(reversed.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(order.size() - 1 - i);
    return columns.permute(order).contiguous();
  }

  NpyHeader header_;
  std::unique_ptr<ByteSource> bytes_;
};

}  // namespace

std::unique_ptr<SampleReader> open_npy(std::unique_ptr<ByteSource> bytes) {
  NpyHeader header = read_npy_header(*bytes);
  if (header.fortran_order && !bytes->random_access()) bytes = spill(*bytes);
  return std::make_unique<NpyReader>(std::move(header), std::move(bytes));
}

}  // namespace actsparse
