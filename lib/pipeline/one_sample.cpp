#include "pipeline/one_sample.h"

#include <algorithm>

#include "record/run.h"

namespace actsparse {
namespace {

// A list may have an entry for each sample. A number tells nothing.
bool has_other_rows(const OutputTree& output, int64_t samples) {
  if (static_cast<int64_t>(output.children.size()) == samples) return false;
  const auto tensors = tensors_of(output);
  return !tensors.empty() && std::none_of(tensors.begin(), tensors.end(), [&](const auto& entry) {
    return entry.tensor.dim() == 0 || entry.tensor.size(0) == samples;
  });
}

}  // namespace

bool is_one_sample(const Session& session, const Arguments& batch, const OutputTree& output) {
  const int64_t samples = batch_size_of(batch);
  return samples > 1 && has_other_rows(output, samples) && !takes_other_counts(session, batch);
}

}  // namespace actsparse
