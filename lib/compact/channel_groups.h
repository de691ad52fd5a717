#pragma once
// Which channels of which layers can only be removed together: masks must agree on these, or
// nothing is removed.
#include <ATen/core/ivalue.h>

#include <optional>
#include <string>
#include <vector>

#include "model/session.h"
#include "record/layer_channels.h"
#include "record/site.h"

namespace actsparse {

/// What is known of the channels that enter one layer.
struct LayerGroups {
  /// Nothing where it cannot be told which axis holds them; `unknown` then says so.
  std::optional<LayerChannels> channels;
  std::string unknown;
  /// Of each channel: why it stays whatever these layers mask, in compact()'s words; "" if only
  /// they need it.
  std::vector<std::string> kept;
};

/// One entry per site, in their order; of a layer that is called several times, its first call. The
/// channels of a group of a grouped convolution are one class. A channel that cannot be removed (of
/// the model's input, say) is a class of its own, and all such channels of a value are one set.
/// `batches` as for compact(). Throws Error(Model) for a layer that the first batch does not call,
/// and compact()'s errors.
std::vector<LayerGroups> examine_groups(const Session& session, const std::vector<Site>& sites,
                                        const std::vector<std::vector<c10::IValue>>& batches);

/// The channels alone. Throws Error(Model) also where an axis cannot be told.
std::vector<LayerChannels> channel_groups(const Session& session, const std::vector<Site>& sites,
                                          const std::vector<std::vector<c10::IValue>>& batches);

}  // namespace actsparse
