#pragma once
// How small a masked model can be made.
#include <optional>
#include <vector>

#include "config/config.h"
#include "model/session.h"
#include "pipeline/trial_batches.h"

namespace actsparse {

/// What is left of the unmasked model, as shares.
struct Shares {
  double macs = 1, parameters = 1;
};

class SmallShares {
 public:
  /// Of masked copies of the session's model. `batch` tells shapes, see find_trials(), whose errors
  /// it throws.
  SmallShares(const Session& session, const TrialBatch& batch, const CompactOptions& options);

  /// Of the small model; nothing where none can be made.
  std::optional<Shares> of(const torch::jit::Module& masked) const;

 private:
  Session session_;
  std::vector<Arguments> batches_;
  CompactOptions options_;
  int64_t parameters_;
};

}  // namespace actsparse
