#include "statistics/products.h"

namespace actsparse {
namespace {

constexpr int64_t kLeaf = 128;  // rows that are not worth being halved

}  // namespace

// What lies below the diagonal is the mirror of what lies above.
void add_products(const at::Tensor& sums, const at::Tensor& columns) {
  const int64_t count = columns.size(1), half = count / 2, rest = count - half;
  if (count <= kLeaf) {
    sums.add_(columns.bmm(columns.transpose(1, 2)));
    return;
  }
  const at::Tensor first = columns.narrow(1, 0, half), last = columns.narrow(1, half, rest);
  add_products(sums.narrow(1, 0, half).narrow(2, 0, half), first);
  add_products(sums.narrow(1, half, rest).narrow(2, half, rest), last);
  const at::Tensor across = sums.narrow(1, 0, half).narrow(2, half, rest);
  across.add_(first.bmm(last.transpose(1, 2)));
  sums.narrow(1, half, rest).narrow(2, 0, half).copy_(across.transpose(1, 2));
}

}  // namespace actsparse
