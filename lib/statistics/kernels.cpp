// Compiled once per instruction set, with ACTSPARSE_KERNELS naming the table.
// Vectors are GCC's and Clang's: the compiler splits them where registers are narrower.
#include "statistics/kernels.h"

#if !defined(__x86_64__)
#include <fenv.h>
#endif

namespace actsparse {
namespace {

constexpr int kLanes = ACTSPARSE_KERNELS_LANES;

using Doubles = double __attribute__((vector_size(kLanes * 8)));
using Longs = int64_t __attribute__((vector_size(kLanes * 8)));
using UnsignedLongs = uint64_t __attribute__((vector_size(kLanes * 8)));
using Floats = float __attribute__((vector_size(kLanes * 4)));
using Ints = int32_t __attribute__((vector_size(kLanes * 4)));
using UnsignedInts = uint32_t __attribute__((vector_size(kLanes * 4)));
using Halves = uint16_t __attribute__((vector_size(kLanes * 2)));

// What of a type the loops need to know.
template <class T>
struct Traits;
template <>
struct Traits<float> {
  using Vector = Floats;
  using Signed = Ints;
  using Bits = UnsignedInts;
  using Word = uint32_t;
  static constexpr int kMantissa = 23, kBias = 127, kExponents = 0xff;
};
template <>
struct Traits<double> {
  using Vector = Doubles;
  using Signed = Longs;
  using Bits = UnsignedLongs;
  using Word = uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023, kExponents = 0x7ff;
};

template <class Vector>
inline Vector load(const void* from) {
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class Vector>
inline Vector filled(decltype(Vector{}[0] + 0) value) {
  return Vector{} + value;
}

inline Doubles widened(Floats x) { return __builtin_convertvector(x, Doubles); }
inline Doubles widened(Doubles x) { return x; }

// ---- range ----

template <class T>
Range range_from(typename Traits<T>::Word largest, typename Traits<T>::Word smallest) {
  using Of = Traits<T>;
  const int top = static_cast<int>(largest >> Of::kMantissa);
  // `smallest` is one less than the bits of the smallest nonzero |x|; all ones: there is none.
  const bool all_zero = largest == 0;
  int low = all_zero ? 0 : static_cast<int>((smallest + 1) >> Of::kMantissa);
  low = (low > 1 ? low : 1) - Of::kBias - Of::kMantissa;
  return {(top > 1 ? top : 1) - Of::kBias + 1, low, top != Of::kExponents};
}

template <class T>
Range range(const Tile<T>& tile) {
  using Bits = typename Traits<T>::Bits;
  using Word = typename Traits<T>::Word;
  constexpr Word kNoSign = ~Word{0} >> 1;
  constexpr int kAtOnce = 4;
  Bits largest[kAtOnce] = {}, smallest[kAtOnce];
  for (auto& vector : smallest) vector = ~Bits{};
  Word largest_word = 0, smallest_word = ~Word{0};
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    int64_t i = 0;
    for (; i + kAtOnce * kLanes <= tile.columns; i += kAtOnce * kLanes)
      for (int part = 0; part < kAtOnce; ++part) {
        const Bits bits = load<Bits>(x + i + part * kLanes) & kNoSign;
        largest[part] = bits > largest[part] ? bits : largest[part];
        smallest[part] = bits - 1 < smallest[part] ? bits - 1 : smallest[part];
      }
    for (; i + kLanes <= tile.columns; i += kLanes) {
      const Bits bits = load<Bits>(x + i) & kNoSign;
      largest[0] = bits > largest[0] ? bits : largest[0];
      smallest[0] = bits - 1 < smallest[0] ? bits - 1 : smallest[0];
    }
    for (; i < tile.columns; ++i) {
      Word word;
      __builtin_memcpy(&word, x + i, sizeof word);
      word &= kNoSign;
      largest_word = word > largest_word ? word : largest_word;
      smallest_word = word - 1 < smallest_word ? word - 1 : smallest_word;
    }
  }
  for (int part = 0; part < kAtOnce; ++part)
    for (int lane = 0; lane < kLanes; ++lane) {
      const Word most = largest[part][lane], least = smallest[part][lane];
      largest_word = most > largest_word ? most : largest_word;
      smallest_word = least < smallest_word ? least : smallest_word;
    }
  return range_from<T>(largest_word, smallest_word);
}

// ---- sums ----

// The processor notes when an operation rounds. No floating-point operation may move past these:
// what they bracket is called through a pointer.
#if defined(__x86_64__)
void forget_rounding() { __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() & ~0x20U); }
bool has_rounded() { return (__builtin_ia32_stmxcsr() & 0x20U) != 0; }
#else
void forget_rounding() { feclearexcept(FE_INEXACT); }
bool has_rounded() { return fetestexcept(FE_INEXACT) != 0; }
#endif

template <Term term>
inline Doubles term_of(Doubles x) {
  if (term == Term::Square) return x * x;
  if (term == Term::Magnitude)
    return reinterpret_cast<Doubles>(reinterpret_cast<UnsignedLongs>(x) & (~uint64_t{0} >> 1));
  return x;
}
template <Term term>
inline double term_of(double x) {
  if (term == Term::Square) return x * x;
  if (term == Term::Magnitude) return __builtin_fabs(x);
  return x;
}

// Adds x to the sums of the levels, each its share.
template <int levels, class X>
inline void add_shares(X x, const double* shift, X* sums, int64_t step) {
  for (int level = 0; level + 1 < levels; ++level) {
    const X share = (x + shift[level]) - shift[level];
    sums[level * step] += share;
    x -= share;
  }
  sums[(levels - 1) * step] += x;
}

template <class T, Term term, int levels>
[[gnu::noinline]] void sum_rows(const Tile<T>& tile, const double* shift, double* sums) {
  using Vector = typename Traits<T>::Vector;
  constexpr int kAtOnce = 4;
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    Doubles lanes[levels * kAtOnce] = {};
    double rest[levels] = {};
    int64_t i = 0;
    for (; i + kAtOnce * kLanes <= tile.columns; i += kAtOnce * kLanes)
      for (int part = 0; part < kAtOnce; ++part)
        add_shares<levels>(term_of<term>(widened(load<Vector>(x + i + part * kLanes))), shift,
                           lanes + part, kAtOnce);
    for (; i + kLanes <= tile.columns; i += kLanes)
      add_shares<levels>(term_of<term>(widened(load<Vector>(x + i))), shift, lanes, kAtOnce);
    for (; i < tile.columns; ++i)
      add_shares<levels>(term_of<term>(static_cast<double>(x[i])), shift, rest, 1);
    for (int level = 0; level < levels; ++level) {
      Doubles all = lanes[level * kAtOnce];
      for (int part = 1; part < kAtOnce; ++part) all += lanes[level * kAtOnce + part];
      for (int lane = 0; lane < kLanes; ++lane) rest[level] += all[lane];
      sums[level * tile.rows + row] = rest[level];
    }
  }
}

template <class T, Term term, int levels, int width>
inline void sum_column_group(const Tile<T>& tile, const double* shift, int64_t first,
                             double* sums) {
  using Vector = typename Traits<T>::Vector;
  Doubles lanes[levels * width] = {};
  const T* x = tile.data + first;
  for (int64_t row = 0; row < tile.rows; ++row, x += tile.stride)
    for (int part = 0; part < width; ++part)
      add_shares<levels>(term_of<term>(widened(load<Vector>(x + part * kLanes))), shift,
                         lanes + part, width);
  for (int level = 0; level < levels; ++level)
    for (int part = 0; part < width; ++part)
      __builtin_memcpy(sums + level * tile.columns + first + part * kLanes,
                       lanes + level * width + part, sizeof(Doubles));
}

template <class T, Term term, int levels>
[[gnu::noinline]] void sum_columns(const Tile<T>& tile, const double* shift, double* sums) {
  constexpr int kAtOnce = 4;
  int64_t column = 0;
  for (; column + kAtOnce * kLanes <= tile.columns; column += kAtOnce * kLanes)
    sum_column_group<T, term, levels, kAtOnce>(tile, shift, column, sums);
  for (; column + kLanes <= tile.columns; column += kLanes)
    sum_column_group<T, term, levels, 1>(tile, shift, column, sums);
  for (; column < tile.columns; ++column) {
    double rest[levels] = {};
    for (int64_t row = 0; row < tile.rows; ++row)
      add_shares<levels>(term_of<term>(static_cast<double>(tile.data[row * tile.stride + column])),
                         shift, rest, 1);
    for (int level = 0; level < levels; ++level) sums[level * tile.columns + column] = rest[level];
  }
}

template <class T, Term term, bool by_rows>
void sum_levels(const Tile<T>& tile, const Grids& grids, double* sums) {
  const auto one = by_rows ? sum_rows<T, term, 1> : sum_columns<T, term, 1>;
  const auto two = by_rows ? sum_rows<T, term, 2> : sum_columns<T, term, 2>;
  const auto three = by_rows ? sum_rows<T, term, 3> : sum_columns<T, term, 3>;
  (grids.levels == 1 ? one : grids.levels == 2 ? two : three)(tile, grids.shift, sums);
}

template <class T, bool by_rows>
void sum(const Tile<T>& tile, Term term, const Grids& grids, double* sums) {
  if (term == Term::Itself) return sum_levels<T, Term::Itself, by_rows>(tile, grids, sums);
  if (term == Term::Magnitude) return sum_levels<T, Term::Magnitude, by_rows>(tile, grids, sums);
  sum_levels<T, Term::Square, by_rows>(tile, grids, sums);
}

template <class T, bool by_rows>
bool sum_once(const Tile<T>& tile, Term term, double* sums) {
  forget_rounding();
  sum<T, by_rows>(tile, term, {1, {}}, sums);
  return !has_rounded();
}

// ---- counts ----

template <class Vector>
inline Vector magnitude(Vector x) {
  return x < 0 ? -x : x;
}

template <class T>
inline bool is_above(T x, T threshold) {
  return !((x < 0 ? -x : x) <= threshold);
}

template <class T>
void count_rows(const Tile<T>& tile, T threshold, int64_t* counts) {
  using Vector = typename Traits<T>::Vector;
  using Signed = typename Traits<T>::Signed;
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    Signed lanes = {};
    int64_t i = 0, count = 0;
    for (; i + kLanes <= tile.columns; i += kLanes)  // true is -1
      lanes += magnitude(load<Vector>(x + i)) <= threshold;
    for (int lane = 0; lane < kLanes; ++lane) count += lanes[lane];
    count += i;
    for (; i < tile.columns; ++i) count += is_above(x[i], threshold) ? 1 : 0;
    counts[row] = count;
  }
}

template <class T>
void count_columns(const Tile<T>& tile, T threshold, int64_t* counts) {
  using Vector = typename Traits<T>::Vector;
  using Signed = typename Traits<T>::Signed;
  int64_t column = 0;
  for (; column + kLanes <= tile.columns; column += kLanes) {
    Signed lanes = {};
    for (int64_t row = 0; row < tile.rows; ++row)
      lanes += magnitude(load<Vector>(tile.data + row * tile.stride + column)) <= threshold;
    for (int lane = 0; lane < kLanes; ++lane) counts[column + lane] = tile.rows + lanes[lane];
  }
  for (; column < tile.columns; ++column) {
    counts[column] = 0;
    for (int64_t row = 0; row < tile.rows; ++row)
      counts[column] += is_above(tile.data[row * tile.stride + column], threshold) ? 1 : 0;
  }
}

// ---- extremes, as the largest of sign * x ----

template <class X>
inline X larger(X most, X x) {
  // NaN, which alone differs from itself, wins and stays.
  return ((x > most) | (x != x)) ? x : most;  // NOLINT(misc-redundant-expression)
}

template <class T>
struct Signed {
  T sign;
  bool of_magnitude;
  template <class X>
  X operator()(X x) const {
    const X size = x < 0 ? -x : x;
    return (of_magnitude ? size : x) * sign;
  }
};

template <class T>
void extreme_rows(const Tile<T>& tile, Term term, int sign, T* extremes) {
  using Vector = typename Traits<T>::Vector;
  constexpr int kAtOnce = 4;
  const Signed<T> of{static_cast<T>(sign), term == Term::Magnitude};
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    T most = of(x[0]);
    int64_t i = 0;
    if (tile.columns >= kLanes) {
      Vector lanes[kAtOnce];
      for (auto& vector : lanes) vector = of(load<Vector>(x));
      for (; i + kAtOnce * kLanes <= tile.columns; i += kAtOnce * kLanes)
        for (int part = 0; part < kAtOnce; ++part)
          lanes[part] = larger(lanes[part], of(load<Vector>(x + i + part * kLanes)));
      for (; i + kLanes <= tile.columns; i += kLanes)
        lanes[0] = larger(lanes[0], of(load<Vector>(x + i)));
      for (const auto& vector : lanes)
        for (int lane = 0; lane < kLanes; ++lane) most = larger<T>(most, vector[lane]);
    }
    for (; i < tile.columns; ++i) most = larger(most, of(x[i]));
    extremes[row] = most * of.sign;
  }
}

template <class T>
void extreme_columns(const Tile<T>& tile, Term term, int sign, T* extremes) {
  using Vector = typename Traits<T>::Vector;
  const Signed<T> of{static_cast<T>(sign), term == Term::Magnitude};
  int64_t column = 0;
  for (; column + kLanes <= tile.columns; column += kLanes) {
    Vector lanes = of(load<Vector>(tile.data + column));
    for (int64_t row = 1; row < tile.rows; ++row)
      lanes = larger(lanes, of(load<Vector>(tile.data + row * tile.stride + column)));
    lanes = lanes * of.sign;
    __builtin_memcpy(extremes + column, &lanes, sizeof lanes);
  }
  for (; column < tile.columns; ++column) {
    T most = of(tile.data[column]);
    for (int64_t row = 1; row < tile.rows; ++row)
      most = larger(most, of(tile.data[row * tile.stride + column]));
    extremes[column] = most * of.sign;
  }
}

// ---- the rest ----

template <class T>
void find_bins(const T* x, const double* scales, int64_t step, int64_t count, int32_t* bins) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Doubles size = term_of<Term::Magnitude>(widened(load<typename Traits<T>::Vector>(x + i)));
    const Doubles scale = step == 0 ? filled<Doubles>(scales[0]) : load<Doubles>(scales + i);
    const Ints found = __builtin_convertvector(size * scale, Ints);
    __builtin_memcpy(bins + i, &found, sizeof found);
  }
  for (; i < count; ++i)
    bins[i] = static_cast<int32_t>(term_of<Term::Magnitude>(static_cast<double>(x[i])) *
                                   scales[i * step]);
}

inline bool two_sum(double& part, double& term) {
  const double sum = part + term, shadow = sum - part;
  term = (part - (sum - shadow)) + (term - shadow);
  part = sum;
  return term != 0;
}

bool add_exactly(double* parts, double* terms, int64_t count) {
  Longs left = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Doubles part = load<Doubles>(parts + i), term = load<Doubles>(terms + i);
    const Doubles total = part + term, shadow = total - part;
    const Doubles lost = (part - (total - shadow)) + (term - shadow);
    __builtin_memcpy(parts + i, &total, sizeof total);
    __builtin_memcpy(terms + i, &lost, sizeof lost);
    left |= lost != 0.0;
  }
  bool any = false;
  for (int lane = 0; lane < kLanes; ++lane) any = any || left[lane] != 0;
  for (; i < count; ++i) any = two_sum(parts[i], terms[i]) || any;
  return any;
}

// Shifts the exponent to float's bias by a multiplication, which sets subnormals right too.
inline Floats half_bits_to_float(UnsignedInts half) {
  const UnsignedInts body = (half & 0x7fff) << 13;
  const Floats scaled = reinterpret_cast<Floats>(body) * 0x1p112f;
  const UnsignedInts special = body | 0x7f800000U;  // infinity and NaN keep their payload
  const UnsignedInts bits =
      (half & 0x7c00) == 0x7c00U ? special : reinterpret_cast<UnsignedInts>(scaled);
  return reinterpret_cast<Floats>(bits | ((half & 0x8000) << 16));
}

inline Floats bfloat16_bits_to_float(UnsignedInts bits) {
  return reinterpret_cast<Floats>(bits << 16);
}

template <Floats (*convert)(UnsignedInts)>
void to_float(const uint16_t* from, float* to, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Floats x = convert(__builtin_convertvector(load<Halves>(from + i), UnsignedInts));
    __builtin_memcpy(to + i, &x, sizeof x);
  }
  for (; i < count; ++i) to[i] = convert(UnsignedInts{from[i]})[0];
}

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
