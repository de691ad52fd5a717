#pragma once
// From statistics to masks: mask = mask_fn(reduce_fn(data)), layer by layer or, where layers are
// aligned, together. Nothing is consumed: the same statistics can be asked again with another
// policy.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "functions/functions.h"
#include "record/gate.h"
#include "record/statistics.h"
#include "record/weights.h"

namespace actsparse {

/// Something the user should know about one layer; the run goes on.
struct LayerWarning {
  std::string layer;
  std::string text;
};

/// How masks are chosen.
struct Policy {
  std::vector<MergedSettings> layers;  ///< of each layer of the statistics, in their order
  FunctionTable functions;             ///< what the settings' names mean
  int64_t batch_size = 0;              ///< samples of a calibration batch; 0: unknown
  /// Takes what reduce_fn gives, by layer and feature, for whoever chooses again with nothing but
  /// another sparse_config: a removal order costs more than all masks made of it. Null: it is not
  /// kept.
  std::shared_ptr<std::map<std::pair<std::string, size_t>, Evidence>> reduced = {};
};

struct Choice {
  std::vector<Gate> gates;  ///< one per layer, in the dtype of its input
  std::vector<LayerWarning> warnings;
};

/// `weights` may be null where no function needs them (Needs::weight). Throws Error(State) naming
/// the layers that have no data (never called, or stepped already), Error(Function) if a function
/// fails or lacks what it needs, a mask holds NaN, does not broadcast to the layer's input without
/// changing its shape, or keeps a first dimension that is a multiple of the batch size: the masked
/// model would take no other batch. Where that size is unknown (0) or 1, it is a warning.
Choice choose(const Statistics& statistics, const Policy& policy, const Weights* weights = nullptr);

}  // namespace actsparse
