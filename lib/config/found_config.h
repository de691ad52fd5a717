#pragma once
// A config in which a search has settled each layer's sparsity: another config for `run`.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace actsparse {

/// A layer that the config's entry number `entry` selected.
struct SettledLayer {
  std::string layer;  ///< FQN
  size_t entry = 0;
  std::optional<double> level;  ///< its sparsity_level; nothing: as the entry says
};

/// `config` without `search` (and the outputs that only a search has) and with an entry for each of
/// `layers`, in their order. Relative paths, which are the config file's, become those of a file in
/// `folder`; outputs below it keep their places, others their names.
nlohmann::json found_config(const Config& config, const std::vector<SettledLayer>& layers,
                            const std::filesystem::path& folder);

}  // namespace actsparse
