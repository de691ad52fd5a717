#pragma once
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/batch_source.h"

namespace actsparse {

/// What a model that was written is tried on.
struct TrialBatch {
  std::vector<c10::IValue> arguments;
  std::string name;  ///< for the report: "calibration batch", "first batch", "random values"
  std::vector<std::vector<c10::IValue>> others = {};  ///< of the data, see first_batch()
};

/// So many samples of a batch show what samples differ by, whatever a model takes of them.
constexpr int64_t kEnoughSamples = 3;

/// The first batch, read once more; of the second and the last those that have other shapes, or any
/// samples at all where the first has fewer than kEnoughSamples.
TrialBatch first_batch(BatchSource& data, const std::string& name);

}  // namespace actsparse
