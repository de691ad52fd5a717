#pragma once
// Where a result comes from. The same document is in the report, the state and the masked model.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/config.h"

namespace actsparse {

/// A functions file by its name and SHA-256.
struct SourceDigest {
  std::string label, digest;
};

/// Digests are SHA-256 in hex; what is not known is empty.
struct Provenance {
  std::string tool_version, libtorch_version;
  std::string model, model_digest;  ///< path as written in the config, digest of the file
  std::string method = "forward";
  std::string mode = "eval";
  std::string data_digest;
  int64_t batches = 0, samples = 0;
  std::string config_digest;       ///< config_digest() of the calibration
  std::string step_config_digest;  ///< of the config that a later `step` was given, if any
  std::vector<SourceDigest> functions;
};

/// Of the effective config but for `output`, `run.checkpoint`, `repair` and `evaluate`: neither
/// where results go nor how often they are secured nor what is done with a mask changes it.
std::string config_digest(const Config& config);

/// {"tool_version", "libtorch_version", "model", "data", "config", "functions"}: see docs/files.md.
nlohmann::ordered_json to_json(const Provenance& provenance);

/// The reverse; other keys are passed over. Throws nlohmann::json::exception.
Provenance provenance_from_json(const nlohmann::ordered_json& document);

}  // namespace actsparse
