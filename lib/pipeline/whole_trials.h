#pragma once
// Allocations as whole models: masked, repaired as config.repair says but for tune, judged on what
// choices are made by.
#include <vector>

#include "pipeline/search_checkpoint.h"
#include "pipeline/search_points.h"

namespace actsparse {

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
  Session repaired(const SearchPoint& point) const;
  std::vector<Metric> measured(const Session& candidate) const;

  const PreparedJob& job_;
  const Config& config_;
  const SearchPoints& points_;
  const RunOptions& options_;
  SearchCheckpoint& checkpoint_;
};

}  // namespace actsparse
