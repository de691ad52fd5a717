// `defaults`, and what of it a layer entry overrides.
#include <algorithm>

#include "base/nearest.h"
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

using nlohmann::json;

template <class T, class Read>
Setting<T> nullable(const JsonNode& node, Read read) {
  if (node.json().is_null()) return Setting<T>(std::in_place, std::nullopt);
  return Setting<T>(std::in_place, std::in_place, read(node));
}

FunctionConfig read_layer_function(const JsonNode& node) {
  return read_function(node, "a function's name, {\"name\": ..., parameters}, or null");
}

json read_sparse_config(const JsonNode& node) {
  node.expect_object("an object with the parameters of mask_fn, or null");
  const auto is_scalar = [](const json& value) { return value.is_primitive(); };
  for (const auto& [key, value] : node.json().items())
    if (value.is_object() ||
        (value.is_array() && !std::all_of(value.begin(), value.end(), is_scalar)))
      node.find(key)->fail("a number, a string, true, false, null, or a list of them");
  return node.json();
}

std::vector<int64_t> read_features(const JsonNode& node) {
  if (node.json().is_number_integer()) return {node.integer({0})};
  std::vector<int64_t> features;
  for (const auto& item : node.list("a list of indices, one index, or null")) {
    const int64_t feature = item.integer({0});
    if (std::find(features.begin(), features.end(), feature) != features.end())
      item.fail_found(std::to_string(feature) + " a second time", "each feature once");
    features.push_back(feature);
  }
  return features;
}

int64_t read_feature_dim(const JsonNode& node) {
  IntegerRange range;
  range.or_else = " or null";
  return node.integer(range);
}

AlignConfig read_align(const JsonNode& node) {
  static const Names names = {"none", "value", "group"};
  AlignConfig align;
  if (node.json().is_string()) {
    align.name = node.one_of(names);
    return align;
  }
  node.expect_object(quoted_list(names) + ", an object with such a name, or null");
  read_fields(node, align_fields(), align);
  return align;
}

Field<LayerSettings> function_field(const std::string& key,
                                    Setting<FunctionConfig> LayerSettings::*function) {
  return {key, [function](const JsonNode& node, LayerSettings& settings) {
            settings.*function = nullable<FunctionConfig>(node, read_layer_function);
          }};
}

}  // namespace

FunctionConfig read_function(const JsonNode& node, const std::string& allowed) {
  FunctionConfig function;
  function.path = node.path();
  if (node.json().is_string()) {
    function.name = node.text(allowed);
    return function;
  }
  node.expect_object(allowed);
  const auto name = node.find("name");
  if (!name)
    reject(node.source().label, child_path(node.path(), "name"), "nothing", "a function's name");
  function.name = name->text("a function's name");
  function.parameters = node.json();
  function.parameters.erase("name");
  return function;
}

const Fields<AlignConfig>& align_fields() {
  static const Fields<AlignConfig> fields = {
      {"name",
       [](const JsonNode& node, AlignConfig& align) {
         align.name = node.one_of({"none", "value", "group"});
       },
       "\"none\", \"value\" or \"group\""},
      {"score",
       [](const JsonNode& node, AlignConfig& align) {
         align.score = node.one_of({"mean", "max", "sum"});
       }},
      {"round_to",
       [](const JsonNode& node, AlignConfig& align) { align.round_to = node.integer({1}); }},
      {"min_channels",
       [](const JsonNode& node, AlignConfig& align) { align.min_channels = node.integer({1}); }},
  };
  return fields;
}

const Names& function_keys() {
  static const Names keys = {"name"};
  return keys;
}

const Fields<LayerSettings>& settings_fields() {
  static const Fields<LayerSettings> fields = {
      function_field("aggregate_fn", &LayerSettings::aggregate_fn),
      function_field("reduce_fn", &LayerSettings::reduce_fn),
      function_field("mask_fn", &LayerSettings::mask_fn),
      {"sparse_config",
       [](const JsonNode& node, LayerSettings& settings) {
         settings.sparse_config = nullable<json>(node, read_sparse_config);
       }},
      {"features",
       [](const JsonNode& node, LayerSettings& settings) {
         settings.features = nullable<std::vector<int64_t>>(node, read_features);
       }},
      {"feature_dim",
       [](const JsonNode& node, LayerSettings& settings) {
         settings.feature_dim = nullable<int64_t>(node, read_feature_dim);
       }},
      {"align",
       [](const JsonNode& node, LayerSettings& settings) {
         settings.align = nullable<AlignConfig>(node, read_align);
       }},
      {"dynamic",
       [](const JsonNode& node, LayerSettings& settings) {
         settings.dynamic =
             nullable<bool>(node, [](const JsonNode& value) { return value.boolean(); });
       }},
  };
  return fields;
}

LayerSettings layer_settings_from_json(const json& value, const std::string& path) {
  LayerSettings settings;
  read_fields(JsonNode(value, JsonSource{}, path), settings_fields(), settings);
  return settings;
}

}  // namespace actsparse
