#include "compact/ids.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <numeric>

namespace actsparse {

at::Tensor Ids::fresh(int64_t count) {
  const int64_t first = size();
  parents_.resize(parents_.size() + count);
  blocks_.resize(parents_.size(), blocks_.back() + 1);
  std::iota(parents_.begin() + first, parents_.end(), first);
  return at::arange(first, first + count, at::kLong);
}

int64_t Ids::root(int64_t id) const {
  while (parents_[id] != id) id = parents_[id] = parents_[parents_[id]];
  return id;
}

void Ids::tie(int64_t a, int64_t b) {
  a = root(a);
  b = root(b);
  parents_[std::max(a, b)] = std::min(a, b);
}

void Ids::tie(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor left = a.contiguous(), right = b.contiguous();
  const auto* x = left.data_ptr<int64_t>();
  const auto* y = right.data_ptr<int64_t>();
  for (int64_t i = 0; i < left.numel(); ++i) tie(x[i], y[i]);
}

at::Tensor Ids::roots(const at::Tensor& ids) const {
  const at::Tensor from = ids.contiguous();
  at::Tensor to = at::empty_like(from);
  std::transform(from.data_ptr<int64_t>(), from.data_ptr<int64_t>() + from.numel(),
                 to.data_ptr<int64_t>(), [&](int64_t id) { return root(id); });
  return to;
}

std::vector<int64_t> distinct(const at::Tensor& ids) {
  const at::Tensor all = ids.contiguous();
  std::vector<int64_t> values(all.data_ptr<int64_t>(), all.data_ptr<int64_t>() + all.numel());
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (!values.empty() && values.front() == Ids::needed) values.erase(values.begin());
  return values;
}

}  // namespace actsparse
