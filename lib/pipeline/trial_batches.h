#pragma once
// Other sizes of a batch, to see what depends on the size, and which of them a model takes.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <vector>

#include "model/session.h"
#include "pipeline/trial_batch.h"

namespace actsparse {

using Arguments = std::vector<c10::IValue>;

/// `count` samples of a batch, of tensors and of lists with a tensor for each sample: its first
/// ones, again from the start if it has fewer. Empty if no argument holds samples.
Arguments with_samples(const Arguments& batch, int64_t count);

/// The upper left of images, [N, C, H, W] or a list of [C, H, W]: about three quarters of each
/// side, in steps of 32 if that is possible. Empty if no argument is such a one.
Arguments with_smaller_images(const Arguments& batch);

/// All tensors that have the first one's size in dimension 1 (of sequences, say) are cut there to
/// three quarters. Empty if that is not possible.
Arguments with_shorter_rows(const Arguments& batch);

/// What a model is run on, all of which it takes.
struct Trials {
  /// For analyses (compact/trace.h): two samples, or where the model does not take these the batch
  /// itself; then others of other sizes, the data's among them.
  std::vector<Arguments> sizes;
  /// For comparisons: the batch (with others of one sample, if it has no more), and one batch for
  /// each of the other sizes.
  std::vector<std::vector<Arguments>> inputs;
  /// In the first of the sizes; 1 if the model takes no other number of them.
  int64_t samples = 1;
};

/// Which sizes a clone of the model takes: the only place where this is found out. Throws
/// Error(Data) if it does not take the batch itself.
Trials find_trials(const Session& session, const TrialBatch& batch);

/// Other numbers of samples to try the model on, the most usual ones first. On an accelerator not
/// fewer, if an argument may name samples by number: a wrong index ends all work there.
std::vector<Arguments> other_counts(const Session& session, const Arguments& batch);

/// Whether a clone of the model runs on the batch.
bool takes(const Session& session, const Arguments& batch);

/// False if the model runs on this number of samples alone, or if dimension 0 does not hold
/// samples: then masks may have its size.
bool takes_other_counts(const Session& session, const Arguments& batch);

}  // namespace actsparse
