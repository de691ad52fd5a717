#pragma once
// What solving for the weights of trials takes, collected in one pass over the data.
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "data/batch_source.h"
#include "repair/layer_moments.h"
#include "repair/partial_graph.h"
#include "repair/trial_graphs.h"

namespace actsparse {

class TrialMoments {
 public:
  /// Both must outlive it.
  TrialMoments(const TrialGraphs& graphs, const std::vector<const TrialTarget*>& targets);

  /// Reads `data` from its start to its end; `holdout`: the share of batches that is kept apart.
  void run(BatchSource& data, double holdout, const std::function<void()>& progress);

  /// Of each target, in their order: of what it reads without its mask.
  const LayerMoments& of(size_t target) const { return moments_[target]; }

 private:
  // What one call is asked for, as places among the values.
  struct Asked {
    const TrialTarget* target;
    size_t call, moments;
    size_t read, wanted;
    std::optional<Residual> residual;  // then what is added stands behind each of the two
  };
  void ask(const TrialTarget& target, size_t call);
  void take(const Asked& asked, const std::vector<c10::IValue>& is,
            const std::vector<c10::IValue>& was, bool held_out);

  const TrialGraphs& graphs_;
  std::deque<MaskedOperator> operators_;  // without masks: moments refer to them
  std::vector<LayerMoments> moments_;
  std::vector<Asked> asked_;
  Values read_, wanted_;  // of the graph around, and of the unmasked one
};

}  // namespace actsparse
