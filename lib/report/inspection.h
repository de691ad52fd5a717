#pragma once
// What `actsparse inspect` shows of a model.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "config/provenance.h"
#include "model/layer_tree.h"
#include "model/probe_layers.h"
#include "report/table.h"

namespace actsparse {

struct InspectedLayer {
  Layer layer;
  int64_t parameters = 0;           ///< numbers in its own parameters, submodules not counted
  bool masked = false;              ///< by an earlier actsparse run
  std::string entry;                ///< "layers.2", the config entry that selects it; or empty
  nlohmann::json settings;          ///< merged; null if no entry selects it
  std::optional<LayerProbe> probe;  ///< what one batch did to it; nothing without a config
};

struct Inspection {
  std::string model;
  std::optional<Provenance> provenance;  ///< of a model that actsparse wrote
  std::string batch;                     ///< which batch was run; empty without a config
  std::vector<InspectedLayer> layers;
  std::vector<std::string> warnings;
};

nlohmann::ordered_json to_json(const Inspection& inspection);
Rows rows(const Inspection& inspection);

}  // namespace actsparse
