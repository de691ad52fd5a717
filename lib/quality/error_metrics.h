#pragma once
// How far a candidate's numbers are from the baseline's, whatever they mean.
#include <string>
#include <vector>

#include "quality/metric.h"
#include "quality/output_tree.h"
#include "quality/tally.h"

namespace actsparse {

/// Of one floating output: relative_error, cosine, max_error, snr_db.
Tally error_tally();
/// Both as plain() returns them, of one shape; float32 or float64 each. Dimension 0 counts samples;
/// a 0-d tensor is one.
void add_errors(const at::Tensor& baseline, const at::Tensor& candidate, Tally& tally);
/// relative_error: L2 norm of the difference / L2 norm of the baseline, over all samples; 0 if both
/// are 0. cosine: mean over samples; of two zero samples 1, of one 0. max_error: largest absolute
/// difference. snr_db: -20 log10(relative_error). All are NaN if any element is NaN or infinite.
std::vector<Metric> error_metrics(const Tally& tally, const std::string& output);
OutputCounts error_counts(const Tally& tally, const std::string& output);

/// Of one integer or bool output: how many elements differ.
Tally difference_tally();
void add_differences(const at::Tensor& baseline, const at::Tensor& candidate, Tally& tally);
OutputCounts difference_counts(const Tally& tally, const std::string& output);

}  // namespace actsparse
