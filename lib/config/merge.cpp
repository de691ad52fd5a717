// A layer's settings over the defaults, and back to JSON.
#include "config/config.h"

namespace actsparse {
namespace {

using nlohmann::json;

template <class T>
std::optional<T> pick(const Setting<T>& defaults, const Setting<T>& layer) {
  if (layer) return *layer;
  return defaults ? *defaults : std::nullopt;
}

// A null takes a default parameter out again, for a layer with another mask_fn.
json merge_objects(const Setting<json>& defaults, const Setting<json>& layer) {
  json merged = json::object();
  const bool layer_is_null = layer && !*layer;
  if (!layer_is_null && defaults && *defaults) merged = **defaults;
  if (layer && *layer) merged.update(**layer);
  for (auto item = merged.begin(); item != merged.end();)
    item = item->is_null() ? merged.erase(item) : std::next(item);
  return merged;
}

// False says nothing of a mask_fn that has no such parameter.
void set_dynamic(const std::optional<bool>& dynamic, MergedSettings& merged) {
  if (!dynamic) return;
  const bool is_given = merged.sparse_config.contains("dynamic") ||
                        (merged.mask_fn && merged.mask_fn->parameters.contains("dynamic"));
  if (*dynamic || is_given) merged.sparse_config["dynamic"] = *dynamic;
}

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json or_null(const std::optional<FunctionConfig>& function) {
  return function ? to_json(*function) : json(nullptr);
}

}  // namespace

MergedSettings merge(const LayerSettings& defaults, const LayerSettings& layer) {
  MergedSettings merged;
  merged.aggregate_fn = pick(defaults.aggregate_fn, layer.aggregate_fn);
  merged.reduce_fn = pick(defaults.reduce_fn, layer.reduce_fn);
  merged.mask_fn = pick(defaults.mask_fn, layer.mask_fn);
  merged.sparse_config = merge_objects(defaults.sparse_config, layer.sparse_config);
  merged.features = pick(defaults.features, layer.features);
  merged.feature_dim = pick(defaults.feature_dim, layer.feature_dim);
  set_dynamic(pick(defaults.dynamic, layer.dynamic), merged);
  merged.align = pick(defaults.align, layer.align).value_or(AlignConfig());
  return merged;
}

json to_json(const MergedSettings& settings) {
  json document = {{"aggregate_fn", or_null(settings.aggregate_fn)},
                   {"reduce_fn", or_null(settings.reduce_fn)},
                   {"mask_fn", or_null(settings.mask_fn)},
                   {"sparse_config", settings.sparse_config},
                   {"features", or_null(settings.features)},
                   {"feature_dim", or_null(settings.feature_dim)}};
  if (settings.align.is_on())  // states without it are what they were before there was align
    document["align"] = {{"name", settings.align.name},
                         {"score", settings.align.score},
                         {"round_to", settings.align.round_to},
                         {"min_channels", settings.align.min_channels}};
  return document;
}

bool operator==(const AlignConfig& a, const AlignConfig& b) {
  return a.name == b.name && a.score == b.score && a.round_to == b.round_to &&
         a.min_channels == b.min_channels;
}

json to_json(const FunctionConfig& function) {
  if (function.parameters.empty()) return function.name;
  json object = function.parameters;
  object["name"] = function.name;
  return object;
}

}  // namespace actsparse
