#include "config/preset.h"

namespace actsparse {
namespace {

using nlohmann::json;

// The example of PyTorch's ActivationSparsifier: element by element, over the samples.
const json& reference_defaults() {
  static const json defaults = {{"aggregate_fn", "sum"},
                                {"reduce_fn", {{"name", "mean"}, {"dim", {0}}}},
                                {"mask_fn", "magnitude"},
                                {"sparse_config", {{"sparsity_level", 0.5}}}};
  return defaults;
}

// The first layer sees the data themselves, the last one gives the answer.
const json& inner_layers() {
  static const json layers = {{{"type", weighted_types()}, {"inner", true}, {"optional", true}}};
  return layers;
}

std::string preset_of(const json& config, const JsonSource& source) {
  const JsonNode top(config, source);
  if (const auto preset = top.find("preset")) return preset->one_of({"channels", "reference"});
  return config.contains("defaults") || config.contains("layers") ? "" : "channels";
}

// Parameters of another mask_fn are none of the preset's.
void fill(json& given, json defaults) {
  if (given.contains("mask_fn")) defaults.erase("sparse_config");
  if (given.contains("sparse_config") && given["sparse_config"].is_object() &&
      defaults.contains("sparse_config")) {
    json merged = defaults["sparse_config"];
    merged.update(given["sparse_config"]);
    given["sparse_config"] = merged;
  }
  for (const auto& [key, value] : defaults.items())
    if (!given.contains(key)) given[key] = value;
}

}  // namespace

// What compact can remove again: whole channels, which layers that share them choose together.
const json& channels_defaults() {
  static const json defaults = {
      {"aggregate_fn", {{"name", "abs_mean"}, {"except_dim", "channels"}}},
      {"reduce_fn", "identity"},
      {"mask_fn", "magnitude"},
      {"sparse_config", {{"sparsity_level", 0.5}}},
      {"align", "group"}};
  return defaults;
}

const Names& weighted_types() {
  static const Names types = {"Conv?d", "*Linear"};
  return types;
}

void apply_preset(json& config, const JsonSource& source) {
  if (!config.is_object()) return;
  const std::string preset = preset_of(config, source);
  config.erase("preset");
  if (preset.empty()) return;
  if (!config.contains("defaults")) config["defaults"] = json::object();
  if (config["defaults"].is_object())
    fill(config["defaults"], preset == "channels" ? channels_defaults() : reference_defaults());
  if (!config.contains("layers")) config["layers"] = inner_layers();
}

}  // namespace actsparse
