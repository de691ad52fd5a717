#pragma once
// Whether a batch is one sample, though its first dimension has a size.
#include "model/session.h"
#include "pipeline/trial_batches.h"
#include "quality/output_tree.h"

namespace actsparse {

/// What the model made of a batch has other numbers of rows than the batch, and it takes no other
/// number: dimension 0 counts no samples (a vector, an image without a batch). `output` is what a
/// clone returned. Runs the model only where the rows differ.
bool is_one_sample(const Session& session, const Arguments& batch, const OutputTree& output);

}  // namespace actsparse
