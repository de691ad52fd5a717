// `defaults`, and what of it a layer entry overrides.
#include <algorithm>

#include "base/nearest.h"
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

using nlohmann::json;

Schema types(const std::vector<std::string>& names) { return {{"type", names}}; }

Value<json> sparse_config() {
  const Schema scalar = types({"null", "boolean", "number", "string"});
  const Schema list = {{"type", "array"}, {"items", scalar}};
  const Schema schema = {{"type", "object"}, {"additionalProperties", any_of({scalar, list})}};
  return value<json>({schema, "object"}, [](const JsonNode& node) {
    node.expect_object("an object with the parameters of mask_fn, or null");
    const auto is_scalar = [](const json& item) { return item.is_primitive(); };
    for (const auto& [key, item] : node.json().items())
      if (item.is_object() ||
          (item.is_array() && !std::all_of(item.begin(), item.end(), is_scalar)))
        node.find(key)->fail("a number, a string, true, false, null, or a list of them");
    return node.json();
  });
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

Value<std::vector<int64_t>> features() {
  const Schema index = integer({0}).schema;
  const Schema list = {{"type", "array"}, {"uniqueItems", true}, {"items", index}};
  return value<std::vector<int64_t>>({any_of({index, list}), "list of indices, one index"},
                                     read_features);
}

Value<AlignConfig> align() {
  static const Names names = {"none", "value", "group"};
  const auto read = [](const JsonNode& node) {
    AlignConfig align;
    if (node.json().is_string()) {
      align.name = node.one_of(names);
      return align;
    }
    node.expect_object(quoted_list(names) + ", an object with such a name, or null");
    read_object(node, align_object(), align);
    return align;
  };
  const Value<std::string> name = one_of(names);
  return value<AlignConfig>({any_of({name.schema, reference_to("align")}), name.type + ", object"},
                            read);
}

Field<LayerSettings> function_field(const std::string& key,
                                    Setting<FunctionConfig> LayerSettings::*function,
                                    const std::string& meaning) {
  const auto named = function_value("a function's name, {\"name\": ..., parameters}, or null");
  return field(key, function, or_null(named), meaning);
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

Value<FunctionConfig> function_value(const std::string& allowed) {
  const Schema name = text("name", allowed).schema;
  return value<FunctionConfig>(
      {any_of({name, reference_to("function")}), "function"},
      [allowed](const JsonNode& node) { return read_function(node, allowed); });
}

const Object<AlignConfig>& align_object() {
  using Align = AlignConfig;
  static const Object<Align> object = {
      "align",
      "which layers decide together what channels are masked",
      {field("name", &Align::name, one_of({"none", "value", "group"}),
             "`none`: each layer by itself; `value`: layers that read the same value; `group`: all "
             "channels that can only be removed together",
             needed("\"none\", \"value\" or \"group\"")),
       field("score", &Align::score, one_of({"mean", "max", "sum"}),
             "a channel's score: over the layers that read it, of its score by that layer's mean "
             "score (of scores that add up: relative to its output)"),
       field("round_to", &Align::round_to, integer({1}),
             "as many channels are kept as the next multiple of it"),
       field("min_channels", &Align::min_channels, integer({1}),
             "so many channels are kept at least of each set")}};
  return object;
}

const Properties& function_properties() {
  static const Properties properties = {
      {"name", text("string", ""),
       "the function's name; the other keys are its parameters. `actsparse functions` lists all",
       needed("a function's name")}};
  return properties;
}

const Object<LayerSettings>& settings_object() {
  using Settings = LayerSettings;
  static const Object<Settings> object = {
      "settings",
      "what holds for all layers; an entry of `layers` overrides it key by key",
      {function_field("aggregate_fn", &Settings::aggregate_fn,
                      "combines what enters the layer, call by call"),
       function_field("reduce_fn", &Settings::reduce_fn,
                      "from the aggregate to the tensor that is ranked"),
       function_field("mask_fn", &Settings::mask_fn, "from the reduced tensor to the mask"),
       field("sparse_config", &Settings::sparse_config, or_null(sparse_config()),
             "parameters of `mask_fn`: numbers, strings, true, false, or lists of them. A layer's "
             "keys are merged into the defaults'; a key that is null is dropped"),
       field("features", &Settings::features, or_null(features()),
             "each index along `feature_dim` gets a mask of its own, the others pass unchanged; "
             "`[]` masks nothing; null: one mask for the whole input"),
       field("feature_dim", &Settings::feature_dim,
             or_null(integer({IntegerRange().least, IntegerRange().most, " or null"})),
             "the dimension `features` count along; negative counts from the last; needed with "
             "`features`"),
       field("align", &Settings::align, or_null(align()),
             "which layers decide together what channels are masked, so that these can be removed "
             "([compact.md](compact.md)): a name, or an object, below. null: `none`"),
       field("dynamic", &Settings::dynamic, or_null(boolean()),
             "the masked model cuts by what enters, call by call, in place of a mask "
             "([functions.md](functions.md#gates-that-look-at-the-input-dynamic)); `mask_fn` "
             "`threshold` and `quantile`. Goes before the parameter of that name")}};
  return object;
}

LayerSettings layer_settings_from_json(const json& value, const std::string& path) {
  LayerSettings settings;
  read_object(JsonNode(value, JsonSource{}, path), settings_object(), settings);
  return settings;
}

}  // namespace actsparse
