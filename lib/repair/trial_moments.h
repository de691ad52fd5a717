#pragma once
// What solving for the weights of trials takes, collected in one pass over the data.
#include <deque>
#include <functional>
#include <vector>

#include "data/batch_source.h"
#include "repair/layer_moments.h"
#include "repair/partial_graph.h"
#include "repair/targets.h"
#include "repair/unmasked_graph.h"

namespace actsparse {

/// What a flat graph is run with: its module, and the arguments as its method takes them.
std::vector<c10::IValue> graph_inputs(const FlatModel& flat,
                                      const std::vector<c10::IValue>& arguments);

class TrialMoments {
 public:
  /// Of operators of `flat`, whose graph without masks is `unmasked`; all must outlive it.
  TrialMoments(const FlatModel& flat, const UnmaskedGraph& unmasked,
               const std::vector<const Target*>& targets);

  /// Reads `data` from its start to its end; `holdout`: the share of batches that is kept apart.
  void run(BatchSource& data, double holdout, const std::function<void()>& progress);

  /// Of each target, in their order: of what it reads and gives where nothing is masked.
  const LayerMoments& of(size_t target) const { return moments_[target]; }

 private:
  struct Call {
    const MaskedOperator* masked;
    size_t moments;
  };

  const FlatModel& flat_;
  const UnmaskedGraph& unmasked_;
  std::deque<MaskedOperator> plain_;  // without masks: moments refer to them
  std::vector<LayerMoments> moments_;
  std::vector<Call> calls_;
  Values values_;  // of each call: what it reads, and what tells what it is to give
};

}  // namespace actsparse
