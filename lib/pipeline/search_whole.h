#pragma once
// From predicted allocations to measured ones, and to the one that is taken.
#include "base/error.h"
#include "pipeline/search_checkpoint.h"
#include "pipeline/search_points.h"

namespace actsparse {

/// Measures whole models: masked, repaired as config.repair says but for tune, judged on what
/// choices are made by.
class WholeTrials {
 public:
  /// All must outlive it.
  WholeTrials(const PreparedJob& job, const Config& config, const SearchPoints& points,
              const RunOptions& options, SearchCheckpoint& checkpoint)
      : job_(job), config_(config), points_(points), options_(options), checkpoint_(checkpoint) {}

  /// Fills in what was measured (what the checkpoint knows is not measured again), and whether it
  /// meets the budget. Throws repair()'s errors and Examination::run()'s.
  void measure(SearchPoint& point) const;

 private:
  std::vector<Metric> measured(const SearchPoint& point) const;

  const PreparedJob& job_;
  const Config& config_;
  const SearchPoints& points_;
  const RunOptions& options_;
  SearchCheckpoint& checkpoint_;
};

/// Error(Check) of a search that has nothing to choose from.
Error nothing_saves();

/// Fills in the points of `report` and which is chosen: of those that meet the budget the one that
/// loses least, or, where the budget only says what must hold, of which least remains; where none
/// does the nearest. Throws nothing_saves() where there is nothing to try.
void search_points(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                   SearchReport& report);

}  // namespace actsparse
