#include "quality/error_metrics.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quality/intervals.h"
#include "quality/kernels.h"

namespace actsparse {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Counts and sums of an error tally.
enum ErrorCount {
  ErrorElements,
  ErrorSamples,
  BaselineElements,  // not finite, as all below
  BaselineSamples,
  CandidateElements,
  CandidateSamples,
  AllErrorCounts
};
enum ErrorSum { BaselineSquares, DifferenceSquares, Cosines, CosineSquares, AllErrorSums };
// Counts of a difference tally.
enum DifferenceCount { Compared, ComparedSamples, Differing, AllDifferenceCounts };

template <class T>
int64_t not_finite(const T* elements, int64_t count) {
  return std::count_if(elements, elements + count, [](T x) { return !std::isfinite(x); });
}

double cosine(const ErrorSums& sums) {
  if (sums.baseline == 0 || sums.candidate == 0) return sums.baseline == sums.candidate ? 1 : 0;
  return sums.product / std::sqrt(sums.baseline) / std::sqrt(sums.candidate);
}

struct Sample {
  ErrorSums sums;
  int64_t baseline_not_finite = 0, candidate_not_finite = 0;
};

template <class T>
Sample compare(const T* baseline, const T* candidate, int64_t count) {
  Sample sample{error_sums(baseline, candidate, count)};
  if (std::isfinite(sample.sums.baseline + sample.sums.candidate)) return sample;
  sample.baseline_not_finite = not_finite(baseline, count);
  sample.candidate_not_finite = not_finite(candidate, count);
  // Sums may be infinite for elements that are large and finite.
  if (sample.baseline_not_finite + sample.candidate_not_finite > 0)
    sample.sums = {kNan, kNan, kNan, kNan, kNan};
  return sample;
}

void take(const Sample& sample, Tally& tally) {
  tally.counts[BaselineElements] += sample.baseline_not_finite;
  tally.counts[BaselineSamples] += sample.baseline_not_finite > 0 ? 1 : 0;
  tally.counts[CandidateElements] += sample.candidate_not_finite;
  tally.counts[CandidateSamples] += sample.candidate_not_finite > 0 ? 1 : 0;
  tally.add(BaselineSquares, sample.sums.baseline);
  tally.add(DifferenceSquares, sample.sums.difference);
  const double angle = cosine(sample.sums);
  tally.add(Cosines, angle);
  tally.add(CosineSquares, angle * angle);
  tally.raise(0, sample.sums.largest);
}

template <class T>
void add(const at::Tensor& baseline, const at::Tensor& candidate, Tally& tally) {
  const int64_t samples = samples_of(baseline), size = baseline.numel() / samples;
  std::vector<Sample> found(static_cast<size_t>(samples));
  const T *b = baseline.data_ptr<T>(), *c = candidate.data_ptr<T>();
  at::parallel_for(0, samples, std::max<int64_t>(1, 65536 / size), [&](int64_t i, int64_t end) {
    for (; i < end; ++i) found[static_cast<size_t>(i)] = compare(b + i * size, c + i * size, size);
  });
  for (const auto& sample : found) take(sample, tally);
}

double relative_error(double difference, double baseline) {
  if (difference == 0) return 0;
  return std::sqrt(difference) / std::sqrt(baseline);
}

}  // namespace

Tally error_tally() { return Tally({AllErrorCounts, 1, AllErrorSums}); }

void add_errors(const at::Tensor& baseline, const at::Tensor& candidate, Tally& tally) {
  if (baseline.numel() == 0) return;
  tally.counts[ErrorElements] += baseline.numel();
  tally.counts[ErrorSamples] += samples_of(baseline);
  if (baseline.scalar_type() == at::kFloat && candidate.scalar_type() == at::kFloat)
    add<float>(baseline, candidate, tally);
  else
    add<double>(baseline.to(at::kDouble), candidate.to(at::kDouble), tally);
}

std::vector<Metric> error_metrics(const Tally& tally, const std::string& output) {
  const int64_t n = tally.counts[ErrorSamples];
  const auto sum = [&](ErrorSum cell) { return tally.sums.value(cell); };
  const auto relative = n == 0 ? kNan
                               : relative_error(static_cast<double>(sum(DifferenceSquares)),
                                                static_cast<double>(sum(BaselineSquares)));
  const auto mean = static_cast<double>(sum(Cosines) / n);
  const auto spread = variance(sum(Cosines), sum(CosineSquares), n);
  Metric angle{"cosine", output, mean, std::nullopt, n, {}, {}, {}, {}};
  if (n > 1) angle.interval = normal(mean, spread, n);
  const auto of = [&](const char* name, double value) {
    return Metric{name, output, value, std::nullopt, n, {}, {}, {}, {}};
  };
  return {of("relative_error", relative), angle, of("max_error", n == 0 ? kNan : tally.maxima[0]),
          of("snr_db", -20 * std::log10(relative))};
}

OutputCounts error_counts(const Tally& tally, const std::string& output) {
  const auto& counts = tally.counts;
  return {output,
          counts[ErrorElements],
          counts[ErrorSamples],
          counts[BaselineElements],
          counts[BaselineSamples],
          counts[CandidateElements],
          counts[CandidateSamples],
          std::nullopt};
}

Tally difference_tally() { return Tally({AllDifferenceCounts, 0, 0}); }

void add_differences(const at::Tensor& baseline, const at::Tensor& candidate, Tally& tally) {
  tally.counts[Compared] += baseline.numel();
  tally.counts[ComparedSamples] += samples_of(baseline);
  tally.counts[Differing] += at::ne(baseline, candidate).sum().item<int64_t>();
}

OutputCounts difference_counts(const Tally& tally, const std::string& output) {
  return {output, tally.counts[Compared], tally.counts[ComparedSamples], 0, 0, 0,
          0,      tally.counts[Differing]};
}

}  // namespace actsparse
