#pragma once
// From the config's `layers` entries to layers of the model.
#include <string>
#include <vector>

#include "config/config.h"
#include "model/layer_tree.h"

namespace actsparse {

/// A layer that an entry selected.
struct SelectedLayer {
  std::string layer;  ///< FQN
  std::string type;
  size_t entry = 0;  ///< index into the config's layers
};

struct Selection {
  std::vector<SelectedLayer> layers;  ///< by entry, then in the model's order; one per layer
  std::vector<std::string> warnings;
};

/// What to say of a model without layers (frozen, or inlined); empty if it has some.
std::string no_layers(const std::vector<Layer>& layers);

/// A later entry that selects the same layer replaces the earlier one, with a warning. An instance
/// that stands under several names is one layer, under its first. Throws Error(Model) for an entry
/// that selects nothing (nearest names, or the types there are), unless it is optional: then that
/// is a warning.
Selection select_layers(const std::vector<Layer>& layers,
                        const std::vector<LayerSelector>& entries);

}  // namespace actsparse
