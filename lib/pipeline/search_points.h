#pragma once
// The allocations that a search looks at, as far as they are known before a model is run.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/loss_curves.h"
#include "pipeline/sensitivity_trials.h"
#include "pipeline/small_shares.h"
#include "report/search_report.h"
#include "search/allocate.h"

namespace actsparse {

/// Shares of the unmasked model's "macs" and "parameters" that may remain.
using Remains = std::vector<std::pair<std::string, double>>;

/// How an allocation is made.
struct Allocation {
  /// What a level of a group costs; costs add up. 0 is not masked.
  std::function<double(size_t group, double level)> cost;
  std::string note;
};

/// By losses to a power: 1, where they add up; 0.5, where what groups lose points the same way.
Allocation by_losses(const LossCurves& alone, const std::string& metric, double power);
/// As even as it can be: by nothing but the levels, and what they save.
Allocation evenly(const SensitivityReport& alone);
/// Between two that led to these levels: a cost is what it is of these in sum, each.
Allocation between(const Allocation& a, const std::vector<double>& at_a, const Allocation& b,
                   const std::vector<double>& at_b);

class SearchPoints {
 public:
  /// All must outlive it.
  SearchPoints(const LevelTrials& trials, const SensitivityReport& sensitivity,
               const SmallShares& small, const Session& session)
      : trials_(trials),
        sensitivity_(sensitivity),
        alone_(sensitivity),
        small_(small),
        session_(session) {}

  /// One in which no more remains than `remains` says, at the least cost; savings are corrected by
  /// small models that are made. Where that much cannot be saved, the one that saves most.
  SearchPoint within(const Remains& remains, const Allocation& allocation) const;

  /// SearchReport::frontier.
  std::vector<std::pair<double, double>> frontier() const;

  static bool is_within(const SearchPoint& point, const Remains& remains);
  torch::jit::Module masked(const SearchPoint& point) const;

  const SensitivityReport& sensitivity() const { return sensitivity_; }
  const LossCurves& alone() const { return alone_; }

 private:
  SearchPoint made(std::vector<double> levels, const Allocation& allocation) const;
  // Adds what comes of several tries to `best`, if it is better.
  void correct(const Remains& remains, const std::vector<double>& weights,
               const Allocation& allocation, std::optional<SearchPoint>& best) const;
  struct Choices;  // options of all groups, and the levels that they are
  Choices choices_of(const Remains& remains, const std::vector<double>& weights,
                     const Allocation& allocation) const;
  Masks masks_of(const std::vector<double>& levels) const;

  const LevelTrials& trials_;
  const SensitivityReport& sensitivity_;
  const LossCurves alone_;
  const SmallShares& small_;
  const Session& session_;
};

}  // namespace actsparse
