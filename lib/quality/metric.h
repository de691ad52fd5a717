#pragma once
// What an evaluation finds, as plain data.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace actsparse {

/// 95 %.
struct Interval {
  double low, high;
};

/// A figure of a candidate. NaN where an output held NaN, or where nothing was judged (n is 0);
/// infinity is possible (snr_db of equal outputs, kl).
struct Metric {
  std::string name;
  std::string output;  ///< dotted path of the tensor it is of; "" for a lone tensor
  double value = 0;
  std::optional<Interval> interval;
  int64_t n = 0;  ///< over how many samples, or positions of class metrics, it is taken
  /// Of a metric that judges one model alone, against labels: the baseline's, and how much worse
  /// the candidate is (positive is worse: baseline - candidate, but of nll and perplexity candidate
  /// - baseline).
  std::optional<double> baseline, drop;
  std::optional<Interval> baseline_interval, drop_interval;
};

/// Counts per output: elements, those that are NaN or infinite, integers that differ. A sample is
/// an index of dimension 0 (a 0-d tensor is one); it is not finite if any of its elements is not.
struct OutputCounts {
  std::string output;
  int64_t elements = 0, samples = 0;
  int64_t baseline_elements_not_finite = 0, baseline_samples_not_finite = 0;
  int64_t candidate_elements_not_finite = 0, candidate_samples_not_finite = 0;
  std::optional<int64_t> differing;  ///< elements of an integer or bool output that are not equal
};

/// What enters a layer of the candidate whose gate looks at its input.
struct ZeroCounts {
  std::string layer;
  int64_t zeros = 0, elements = 0;
  /// The sparsity that is reached; 0 if nothing entered.
  double share() const {
    return elements == 0 ? 0 : static_cast<double>(zeros) / static_cast<double>(elements);
  }
};

struct GateResult {
  std::string metric, output;
  std::string kind;  ///< "min", "max", "max_drop"
  double limit = 0, value = 0;
  bool passed = false;
};

}  // namespace actsparse
