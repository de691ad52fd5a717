#pragma once
// What is kept of the batches seen so far: numbers that may be added up in any order and grouping,
// with the same result bit for bit.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "statistics/exact_sums.h"

namespace actsparse {

/// How many numbers of each sort.
struct TallySize {
  size_t counts, maxima;
  int64_t sums;
};

struct Tally {
  explicit Tally(const TallySize& size)
      : counts(size.counts), maxima(size.maxima), sums(size.sums) {}

  std::vector<int64_t> counts;
  std::vector<double> maxima;  ///< from 0; NaN wins
  ExactSums sums;

  /// NaN and infinities too; beyond 1e300 is infinity.
  void add(int64_t sum, double term);
  void raise(size_t maximum, double value);
  /// As if its batches had been added here; both must be of one layout.
  void merge(const Tally& other);
};

/// `counts` int64, `maxima` float64, `sums` float64 [parts, sums]: equal tallies give equal
/// tensors.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;
void append_tensors(const Tally& tally, const std::string& name, NamedTensors& tensors);
/// Merges into `tally` what append_tensors() wrote under `name`. Error(State) if it is not there or
/// of another layout.
void merge_tensors(const NamedTensors& tensors, const std::string& name, Tally& tally);

}  // namespace actsparse
