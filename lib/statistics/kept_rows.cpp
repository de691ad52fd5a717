#include "statistics/kept_rows.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace actsparse {
namespace {

void require(bool fits) {
  if (!fits)
    throw Error(ErrorKind::State, "the data is not what this aggregate_fn keeps; calibrate again");
}

}  // namespace

at::Tensor new_rows(int64_t rows, int64_t cells) { return at::zeros({rows, cells}, at::kDouble); }

double* row_of(const at::Tensor& rows, int64_t row) {
  return rows.data_ptr<double>() + row * rows.size(1);
}

void check_rows(const at::Tensor& rows, int64_t cells, bool fits) {
  require(rows.scalar_type() == at::kDouble && rows.dim() == 2 && rows.is_contiguous() &&
          rows.size(1) == cells && fits);
}

void check_counts(const at::Tensor& rows, int64_t row) {
  const double* counts = row_of(rows, row);
  require(std::all_of(counts, counts + rows.size(1), [](double count) {
    return count >= 0 && count <= 0x1p53 && std::floor(count) == count;
  }));
}

}  // namespace actsparse
