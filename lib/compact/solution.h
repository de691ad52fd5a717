#pragma once
// Which channels are kept, and why: starting from what the model's outputs need, all that those
// need is marked, and so on; what is never marked can be removed.
#include <cstdint>
#include <vector>

#include "compact/constraints.h"
#include "compact/ids.h"

namespace actsparse {

/// Why a class of channels is kept.
struct Cause {
  const torch::jit::Node* by = nullptr;  ///< null: the model's inputs and outputs
  std::string reason;                    ///< empty: `by` computes with them
};

class Solution {
 public:
  explicit Solution(const Ids& ids) : ids_(&ids), live_(ids.size(), false), causes_(ids.size()) {}

  bool is_kept(int64_t id) const { return live_[ids_->root(id)]; }
  /// Bool, of the same shape.
  at::Tensor is_kept(const at::Tensor& ids) const;
  /// Of a channel that is kept.
  const Cause& cause(int64_t id) const { return causes_[ids_->root(id)]; }

  /// False if it was kept already.
  bool keep(int64_t id, const Cause& cause);

 private:
  const Ids* ids_;
  std::vector<char> live_;
  std::vector<Cause> causes_;
};

/// Channels that satisfy all constraints. Of needs alone these are the fewest. Where a balance or a
/// box asks for more, the first channels that serve are added, one constraint after the other: a
/// greedy choice, which other channels might have satisfied with fewer. The same constraints in the
/// same order always give the same solution.
Solution solve(const Ids& ids, const Constraints& constraints);

}  // namespace actsparse
