#include "statistics/kernels.h"

namespace actsparse {
namespace {

const Kernels& choose() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (has_avx512) return avx512_kernels;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2_kernels;
#endif
  return baseline_kernels;
}

}  // namespace

const Kernels& best_kernels() {
  static const Kernels& best = choose();
  return best;
}

template <>
const TileKernels<float>& tile_kernels<float>() {
  return best_kernels().of_float;
}
template <>
const TileKernels<double>& tile_kernels<double>() {
  return best_kernels().of_double;
}

}  // namespace actsparse
