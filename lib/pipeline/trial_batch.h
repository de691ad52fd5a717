#pragma once
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

#include "data/batch_source.h"

namespace actsparse {

/// What a model that was written is tried on.
struct TrialBatch {
  std::vector<c10::IValue> arguments;
  std::string name;  ///< for the report: "calibration batch", "first batch", "random values"
};

/// The first batch, read once more.
TrialBatch first_batch(BatchSource& data, const std::string& name);

}  // namespace actsparse
