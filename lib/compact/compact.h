#pragma once
// Makes a masked model physically smaller: channels that nothing needs are removed.
// docs/architecture.md works the algorithm through on a small graph.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "compact/masked_channels.h"
#include "config/config.h"
#include "model/session.h"

namespace actsparse {

struct Compacted {
  torch::jit::Module module;
  std::vector<MaskedChannels> masks;
  int64_t macs_before = 0, macs_after = 0;  ///< of the first batch (compact/macs.h)
  int64_t gathered_bytes = 0;               ///< that index_select writes, of the first batch
};

/// `batches`: arguments of its method; the first tells shapes and which values are constant, others
/// of other sizes what depends on the size. The module is one flat graph with named tensors
/// (named_module.h), or with options.keep_modules a copy of `masked` with smaller tensors
/// (changed_modules.h). A tensor that layers, names or calls share becomes several only if all
/// tensors then take fewer bytes than with it whole (conflicts.h). Of options.gather "auto" the
/// cheaper one of two models, in multiplications and bytes. Throws Error(Data) if the model does
/// not take the first batch, Error(Model) if it cannot be made one graph.
Compacted compact(const Session& masked, const std::vector<std::vector<c10::IValue>>& batches,
                  const CompactOptions& options = {});

}  // namespace actsparse
