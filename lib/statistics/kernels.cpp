// Compiled once per instruction set, with ACTSPARSE_KERNELS naming the table.
#include "statistics/kernels.h"

#include "statistics/kernels/add_exactly.h"
#include "statistics/kernels/bins.h"
#include "statistics/kernels/conversions.h"
#include "statistics/kernels/counts.h"
#include "statistics/kernels/extremes.h"
#include "statistics/kernels/range.h"
#include "statistics/kernels/sums.h"

namespace actsparse {
namespace {

template <class T>
constexpr TileKernels<T> table() {
  return {range<T>,      sum_once<T, true>, sum_once<T, false>, sum<T, true>,       sum<T, false>,
          count_rows<T>, count_columns<T>,  extreme_rows<T>,    extreme_columns<T>, find_bins<T>};
}

}  // namespace

extern const Kernels ACTSPARSE_KERNELS = {ACTSPARSE_KERNELS_NAME,
                                          table<float>(),
                                          table<double>(),
                                          add_exactly,
                                          to_float<half_bits_to_float>,
                                          to_float<bfloat16_bits_to_float>};

}  // namespace actsparse
