#pragma once
// Judges one candidate against the baseline, batch by batch, in constant memory.
#include <ATen/core/ivalue.h>

#include <string>
#include <utility>
#include <vector>

#include "quality/evaluation.h"
#include "quality/metric.h"
#include "quality/tally.h"

namespace actsparse {

struct Judgement {
  std::vector<Metric> metrics;        ///< those asked for, or all that apply
  std::vector<OutputCounts> outputs;  ///< every tensor but complex ones
  std::vector<ZeroCounts> zeros;      ///< of the layers whose gates look at their input
  std::vector<GateResult> gates;
  bool passed = true;                 ///< every gate did
  std::vector<std::string> warnings;  ///< one line each: NaN and infinities, outputs left out
};

/// Batches may come in any order and in any parts, and judges be merged in any order: the judgement
/// is the same bit for bit. Only a user's metric that gives one number per batch depends on
/// batches. Not thread safe; uses ATen's threads.
class Judge {
 public:
  /// `evaluation` must outlive it.
  explicit Judge(const Evaluation& evaluation) : evaluation_(&evaluation) {}

  /// What the candidate returned for the batch: on any device, of any floating dtype. Error(Check)
  /// if its structure is not the baseline's, Error(Function) of a user's metric.
  void add(const BaselineBatch& baseline, const c10::IValue& candidate);

  /// What such a layer of the candidate was given.
  void add_zeros(const std::string& layer, int64_t zeros, int64_t elements);

  /// As if this one had seen the other's batches too.
  void merge(const Judge& other);
  /// All that is kept, for other processes: float64 and int64, equal for equal batches.
  NamedTensors tensors() const;
  /// Merges what tensors() gave. Error(State) if these cannot be that.
  void merge(const NamedTensors& tensors);

  Judgement judgement() const;

 private:
  Tally& tally(const std::string& kind, const std::string& of);
  void add_outputs(const std::vector<TensorPair>& pairs);
  void add_judged(const BaselineBatch& baseline, const std::vector<TensorPair>& pairs);

  const Evaluation* evaluation_;
  std::vector<std::pair<std::string, Tally>>
      tallies_;  // "kind:of", in the order of their first use
};

/// The first of that name; null if there is none.
const Metric* find_metric(const Judgement& judgement, const std::string& name);

}  // namespace actsparse
