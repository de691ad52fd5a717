#pragma once
// How small, and how fast, a masked model can be made.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compact/operator_times.h"
#include "config/config.h"
#include "model/session.h"
#include "pipeline/trial_batches.h"
#include "report/shares.h"

namespace actsparse {

class SmallShares {
 public:
  /// Of masked copies of the session's model. `batch` tells shapes, see find_trials(), whose errors
  /// it throws.
  SmallShares(const Session& session, const TrialBatch& batch, const CompactOptions& options);

  /// Asks for times, of a call with the whole batch: sums over operators, each measured once on
  /// each sizes. `known`: what was measured before.
  void measure_times(std::map<std::string, double> known);
  /// What was measured: operators, and "whole", which correct_times() found.
  std::map<std::string, double> times() const;

  /// Of the small model.
  Shares of(const torch::jit::Module& masked) const;

  /// Runs the small model and the unmasked one in turn: from then on what is saved is told in
  /// proportion to what that saved, over what the operators' sums had told. Not done again if it is
  /// known.
  void correct_times(const torch::jit::Module& masked);

 private:
  // Seconds, by its operators, over those of the unmasked model.
  double time_share(const Session& small) const;

  Session session_;
  Arguments batch_;
  std::vector<Arguments> batches_;
  CompactOptions options_;
  int64_t parameters_;
  std::unique_ptr<OperatorTimes> times_;  // null: not asked for
  double unmasked_ = 0;                   // seconds, by its operators
  std::optional<double> correction_;
};

}  // namespace actsparse
