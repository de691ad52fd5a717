// An entry of `layers`: which layers, and what differs from the defaults.
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

std::vector<std::string> read_globs(const JsonNode& node) {
  std::vector<std::string> globs;
  for (const auto& item : node.list("a list of globs over layer names"))
    globs.push_back(item.text("a glob over layer names"));
  return globs;
}

std::vector<std::string> read_types(const JsonNode& node) {
  const std::string allowed = "a class name, or a list of some";
  if (!node.json().is_array()) return {node.text(allowed)};
  std::vector<std::string> types;
  for (const auto& item : node.filled_list(allowed)) types.push_back(item.text("a class name"));
  return types;
}

std::variant<int64_t, std::string> read_argument(const JsonNode& node) {
  if (node.json().is_string()) return node.text("an argument's position or name");
  IntegerRange range{0};
  range.or_else = " (the argument's position) or its name";
  return node.integer(range);
}

// "" is the root module, so text() does not serve.
std::string read_name(const JsonNode& node) {
  if (!node.json().is_string()) node.fail("a layer's name (\"\" is the root)");
  return node.json().get<std::string>();
}

Fields<LayerSelector> make_layer_fields() {
  using Layer = LayerSelector;
  Fields<Layer> fields = {
      {"name", [](const JsonNode& node, Layer& layer) { layer.name = read_name(node); }},
      {"match", [](const JsonNode& node,
                   Layer& layer) { layer.match = node.text("a glob over layer names"); }},
      {"type", [](const JsonNode& node, Layer& layer) { layer.types = read_types(node); }},
      {"exclude", [](const JsonNode& node, Layer& layer) { layer.exclude = read_globs(node); }},
      {"inner", [](const JsonNode& node, Layer& layer) { layer.inner = node.boolean(); }},
      {"input", [](const JsonNode& node, Layer& layer) { layer.input = read_argument(node); }},
      {"optional", [](const JsonNode& node, Layer& layer) { layer.optional = node.boolean(); }},
  };
  for (const auto& setting : settings_fields())
    fields.push_back({setting.key, [read = setting.read](const JsonNode& node, Layer& layer) {
                        read(node, layer.settings);
                      }});
  return fields;
}

void expect_function(const JsonSource& source, const LayerSelector& layer, const std::string& kind,
                     const std::optional<FunctionConfig>& function) {
  if (!function) reject(source.label, layer.path, "no " + kind, "one here or in 'defaults'");
}

}  // namespace

const Fields<LayerSelector>& layer_fields() {
  static const Fields<LayerSelector> fields = make_layer_fields();
  return fields;
}

LayerSelector read_layer(const JsonNode& node) {
  LayerSelector layer;
  layer.path = node.path();
  read_fields(node, layer_fields(), layer);
  const int selectors = layer.name.has_value() + layer.match.has_value() + !layer.types.empty();
  if (selectors != 1)
    node.fail_found(selectors == 0 ? "none of them" : "more than one of them",
                    "exactly one of 'name', 'match', 'type'");
  return layer;
}

void check_merged(const JsonSource& source, const LayerSettings& defaults,
                  const LayerSelector& layer) {
  const MergedSettings merged = merge(defaults, layer.settings);
  expect_function(source, layer, "aggregate_fn", merged.aggregate_fn);
  expect_function(source, layer, "reduce_fn", merged.reduce_fn);
  expect_function(source, layer, "mask_fn", merged.mask_fn);
  if (merged.features && !merged.feature_dim)
    reject(source.label, layer.path, "features but no feature_dim",
           "both, here or in 'defaults': need feature_dim to select features");
}

}  // namespace actsparse
