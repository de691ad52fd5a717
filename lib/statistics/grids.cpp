#include "statistics/grids.h"

#include <algorithm>
#include <cmath>

namespace actsparse {
namespace {

constexpr int kDigits = 53;  // of a double
constexpr int kSmallest = -1074;
constexpr int kLargest = 1000;  // no shift may overflow

// A float's square is exact in double; a double's is rounded to 53 digits.
template <class T>
int lowest_bit_of_square(int low) {
  if constexpr (sizeof(T) == sizeof(float)) return 2 * low;
  return std::max(2 * (low + kDigits - 1) - (kDigits - 1), kSmallest);
}

}  // namespace

template <class T>
std::optional<Grids> grids_for(const Range& range, Term term, int64_t added) {
  if (!range.is_finite) return std::nullopt;
  const bool is_square = term == Term::Square;
  int top = is_square ? 2 * range.top : range.top;
  const int low = is_square ? lowest_bit_of_square<T>(range.low) : range.low;
  int carry = 2;  // shift + x must stay within shift's power of two
  while (int64_t{1} << carry < added) ++carry;
  if (top + carry > kLargest) return std::nullopt;
  Grids grids{1, {}};
  while (top + carry - low > kDigits) {
    if (grids.levels == 3) return std::nullopt;
    const int grid = top + carry - kDigits;
    grids.shift[grids.levels++ - 1] = std::ldexp(1.5, grid + kDigits - 1);
    top = grid - 1;  // of what is left
  }
  return grids;
}

template std::optional<Grids> grids_for<float>(const Range&, Term, int64_t);
template std::optional<Grids> grids_for<double>(const Range&, Term, int64_t);

}  // namespace actsparse
