#include "sparsifier/sparse_mask.h"

#include <ATen/core/Dict.h>
#include <ATen/ops/zeros.h>

#include "base/error.h"
#include "sparsifier/json_ivalue.h"

namespace actsparse {
namespace {

using c10::IValue;

const IValue& part(const c10::impl::GenericDict& parts, const char* key,
                   bool (IValue::*is)() const) {
  const auto found = parts.find(key);
  if (found == parts.end() || !(found->value().*is)())
    throw Error(ErrorKind::State, std::string("a mask lacks its '") + key + "'");
  return found->value();
}

// A size that lies must not ask for all memory: 1 GB of float32, more only for masks that keep
// much.
int64_t most_elements(const at::Tensor& values) {
  return (int64_t{1} << 28) + 1024 * values.numel();
}

std::vector<int64_t> read_size(const IValue& list, int64_t most) {
  std::vector<int64_t> size;
  int64_t numel = 1;
  for (const IValue& extent : list.toListRef()) {
    if (!extent.isInt() || extent.toInt() < 0 ||
        __builtin_mul_overflow(numel, extent.toInt(), &numel) || numel > most)
      throw Error(ErrorKind::State, "a mask's size is not a list of sensible integers");
    size.push_back(extent.toInt());
  }
  return size;
}

void check_indices(const at::Tensor& indices, const at::Tensor& values,
                   const std::vector<int64_t>& size) {
  const auto dims = static_cast<int64_t>(size.size());
  bool fits = indices.scalar_type() == at::kLong && indices.dim() == 2 && indices.size(0) == dims &&
              values.dim() == 1 && indices.size(1) == values.size(0);
  for (int64_t d = 0; fits && d < dims && indices.size(1) > 0; ++d)
    fits = indices[d].min().item<int64_t>() >= 0 && indices[d].max().item<int64_t>() < size[d];
  if (!fits) throw Error(ErrorKind::State, "a mask's indices, values and size do not fit together");
}

}  // namespace

IValue sparse_parts(const at::Tensor& dense) {
  const at::Tensor flat = dense.detach().cpu().contiguous().flatten();
  auto parts = untyped_dict();
  parts.insert("indices", dense.detach().cpu().nonzero().t().contiguous());
  parts.insert("values", flat.index_select(0, flat.nonzero().flatten()));
  auto size = untyped_list();
  for (const int64_t extent : dense.sizes()) size.push_back(extent);
  parts.insert("size", size);
  return parts;
}

at::Tensor dense_mask(const IValue& document) {
  if (!document.isGenericDict()) throw Error(ErrorKind::State, "a mask is not a dict of its parts");
  const auto parts = document.toGenericDict();
  const at::Tensor indices = part(parts, "indices", &IValue::isTensor).toTensor();
  const at::Tensor values = part(parts, "values", &IValue::isTensor).toTensor();
  const auto size = read_size(part(parts, "size", &IValue::isList), most_elements(values));
  check_indices(indices, values, size);
  at::Tensor flat_index = at::zeros({values.size(0)}, at::kLong);
  for (size_t d = 0; d < size.size(); ++d)
    flat_index = flat_index.mul(size[d]).add(indices[static_cast<int64_t>(d)]);
  const at::Tensor dense = at::zeros(size, values.options());
  dense.view({-1}).index_copy_(0, flat_index, values);
  return dense;
}

}  // namespace actsparse
