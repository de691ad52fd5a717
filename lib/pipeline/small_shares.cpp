#include "pipeline/small_shares.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.h"
#include "compact/compact.h"
#include "compact/cost.h"
#include "model/measure_latency.h"

namespace actsparse {
namespace {

constexpr const char* kWhole = "whole";
constexpr double kSecondsToCorrect = 10;
constexpr double kNearlyAll = 0.98;  // of the time: what is saved is lost in noise
constexpr double kMostOff = 3;       // sums over operators are not further from the whole

double share(int64_t after, int64_t before) {
  return before == 0 ? 1 : static_cast<double>(after) / static_cast<double>(before);
}

}  // namespace

SmallShares::SmallShares(const Session& session, const TrialBatch& batch,
                         const CompactOptions& options)
    : session_(in_eval_mode(session)),
      batch_(batch.arguments),
      batches_(find_trials(session_, batch).sizes),
      options_(options),
      parameters_(count_parameters(session_.model)) {}

void SmallShares::measure_times(std::map<std::string, double> known) {
  times_ = std::make_unique<OperatorTimes>();
  if (const auto whole = known.find(kWhole); whole != known.end()) {
    correction_ = whole->second;
    known.erase(whole);
  }
  times_->known = std::move(known);
  unmasked_ = times_->seconds(session_, batch_);
}

std::map<std::string, double> SmallShares::times() const {
  std::map<std::string, double> all;
  if (times_) all = times_->known;
  if (correction_) all[kWhole] = *correction_;
  return all;
}

double SmallShares::time_share(const Session& small) const {
  return times_->seconds(small, batch_) / unmasked_;
}

Shares SmallShares::of(const torch::jit::Module& masked) const try {
  const Compacted small = compact(session_.with(masked), batches_, options_);
  Shares shares{share(small.macs_after, small.macs_before),
                share(count_parameters(small.module), parameters_),
                {}};
  if (times_)
    shares.time = 1 - correction_.value_or(1) * (1 - time_share(session_.with(small.module)));
  return shares;
} catch (const Error& error) {
  if (error.kind() == ErrorKind::Interrupted) throw;
  spdlog::debug("no small model: {}", error.what());
  return {};
}

void SmallShares::correct_times(const torch::jit::Module& masked) {
  if (!times_ || correction_) return;
  const Session small = session_.with(compact(session_.with(masked), batches_, options_).module);
  const double told = time_share(small);
  const auto medians = measure_latency({session_, small}, batch_, kSecondsToCorrect).seconds;
  const double measured = medians[1] / medians[0];
  if (told < kNearlyAll)
    correction_ = std::clamp((1 - measured) / (1 - told), 1 / kMostOff, kMostOff);
  spdlog::debug("operators tell that {:.3f} of the time is left, measured are {:.3f}", told,
                measured);
}

}  // namespace actsparse
