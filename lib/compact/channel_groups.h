#pragma once
// Which channels of which layers belong together: what masks have to agree on so that channels can
// be removed.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "compact/layer_channels.h"
#include "model/call_methods.h"

namespace actsparse {

/// One per site, in their order. Channels of a grouped convolution go by whole groups. A channel
/// that cannot be removed (of a model's input, say) is a class of its own; those of one value are
/// one set. `batches` as for compact(). A layer that is called several times: its first call.
/// Throws Error(Model) for a layer that the first batch does not call, and compact()'s errors.
std::vector<LayerChannels> channel_groups(const torch::jit::Module& model,
                                          const std::string& method, const std::vector<Site>& sites,
                                          const std::vector<std::vector<c10::IValue>>& batches);

}  // namespace actsparse
