#pragma once
// A masked model made physically smaller: channels that nothing needs are removed.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "compact/explain.h"

namespace actsparse {

struct Compacted {
  torch::jit::Module module;
  std::vector<MaskedChannels> masks;
  int64_t macs_before = 0, macs_after = 0;  ///< of the first batch (compact/cost.h)
};

/// `batches`: arguments of `method`; the first tells shapes and which values are constant, others
/// of other sizes what depends on the size. Throws Error(Data) if the model does not take the
/// first, Error(Model) if it has no mask or cannot be made one graph.
Compacted compact(const torch::jit::Module& masked, const std::string& method,
                  const std::vector<std::vector<c10::IValue>>& batches);

}  // namespace actsparse
