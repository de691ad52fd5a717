#pragma once
// The allocations that a search looks at, as far as they are known before a model is run.
#include <optional>
#include <vector>

#include "pipeline/sensitivity_trials.h"
#include "report/search_report.h"
#include "search/allocate.h"

namespace actsparse {

/// What a metric says is lost: it, where less is better; what is missing of 1 where 1 is best; how
/// much worse than the baseline, where labels judge.
double loss_of(const Metric& metric);

class SearchPoints {
 public:
  /// All must outlive it.
  SearchPoints(const LevelTrials& trials, const SensitivityReport& sensitivity,
               const SmallShares& small, const Session& session)
      : trials_(trials), sensitivity_(sensitivity), small_(small), session_(session) {}

  /// One in which no more remains than `remains` says, with as little loss as can be predicted:
  /// losses of groups alone to the power `power` add up, savings are corrected by small models that
  /// are made. Where that much cannot be saved, the one that saves most.
  SearchPoint within(const std::vector<std::pair<std::string, double>>& remains,
                     double power) const;
  /// The same level for all groups, the least that leaves no more than that; nothing if none does.
  std::optional<SearchPoint> uniform(
      const std::vector<std::pair<std::string, double>>& remains) const;

  /// What groups lose alone by that metric, added up; NaN if it was not measured.
  double predicted(const std::vector<double>& levels, const std::string& metric) const;

  static bool is_within(const SearchPoint& point,
                        const std::vector<std::pair<std::string, double>>& remains);
  torch::jit::Module masked(const SearchPoint& point) const;

 private:
  SearchPoint made(std::vector<double> levels, const std::string& note) const;
  // Adds what comes of several tries to `best`, if it is better.
  void correct(const std::vector<std::pair<std::string, double>>& remains,
               const std::vector<double>& weights, double power,
               std::optional<SearchPoint>& best) const;
  std::vector<std::vector<Option>> options_of(
      const std::vector<std::pair<std::string, double>>& remains,
      const std::vector<double>& weights, double power) const;
  std::vector<double> levels_of(const std::vector<size_t>& chosen) const;
  Masks masks_of(const std::vector<double>& levels) const;

  const LevelTrials& trials_;
  const SensitivityReport& sensitivity_;
  const SmallShares& small_;
  const Session& session_;
};

}  // namespace actsparse
