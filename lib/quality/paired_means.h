#pragma once
// Means of a figure that two models have at each of n places, and of what they differ by.
#include <cstdint>
#include <string>

#include "quality/metric.h"
#include "quality/tally.h"

namespace actsparse {

/// Sums over some of the places.
struct PairedSums {
  double baseline = 0, baseline_squares = 0, candidate = 0, candidate_squares = 0,
         difference_squares = 0;

  void add(double baseline_term, double candidate_term);
};

/// In a tally these take five sums, from `first` on.
constexpr int64_t paired_sums = 5;
void add(const PairedSums& sums, int64_t first, Tally& tally);

enum class Better { Less, More };
/// Both means and the drop, with their intervals.
Metric paired_mean(const Tally& tally, int64_t first, int64_t n, const std::string& name,
                   Better better);
/// exp of both means, of which less is better.
Metric paired_exp_mean(const Tally& tally, int64_t first, int64_t n, const std::string& name);
/// The candidate's mean alone.
Metric candidate_mean(const Tally& tally, int64_t first, int64_t n, const std::string& name);

}  // namespace actsparse
