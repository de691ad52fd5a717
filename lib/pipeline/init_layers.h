#pragma once
#include <nlohmann/json.hpp>

#include "report/inspection.h"

namespace actsparse {

/// Which layers a first config masks: all with weights of a usual kind (config/preset.h) and their
/// functional uses that the batch has called, but the first and the last.
struct InitialLayers {
  std::vector<std::string> taken;    ///< FQNs, in the model's order
  std::vector<std::string> left;     ///< of the same types: the ends, and what is not called
  std::vector<std::string> alone{};  ///< of `taken` those that cannot be aligned
};

InitialLayers initial_layers(const Inspection& inspection);

/// `layers` of a config that selects them.
nlohmann::ordered_json layer_entries(const InitialLayers& layers, const Inspection& inspection);

}  // namespace actsparse
