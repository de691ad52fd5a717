// An entry of `layers`: which layers, and what differs from the defaults.
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

Value<std::string> glob() { return text("glob", "a glob over layer names"); }

// None at all is fine: nothing is taken out.
Value<std::vector<std::string>> globs() {
  auto list = list_of(glob(), "list of globs", "a list of globs over layer names");
  list.schema.erase("minItems");
  list.read = [read = list.read](const JsonNode& node) {
    return node.json().empty() && node.json().is_array() ? std::vector<std::string>() : read(node);
  };
  return list;
}

Value<std::vector<std::string>> class_names() {
  return one_or_list_of(text("class name", "a class name"), "class name or list of them",
                        "a class name, or a list of some");
}

Value<std::variant<int64_t, std::string>> argument() {
  using Argument = std::variant<int64_t, std::string>;
  const auto position = integer({0, IntegerRange().most, " (the argument's position) or its name"});
  const auto name = text("name", "an argument's position or name");
  return value<Argument>(
      {any_of({position.schema, name.schema}), "position or name"}, [=](const JsonNode& node) {
        return node.json().is_string() ? Argument(name.read(node)) : Argument(position.read(node));
      });
}

// "" is the root module, so text() does not serve.
Value<std::string> layer_name() {
  return value<std::string>({{{"type", "string"}}, "string"}, [](const JsonNode& node) {
    if (!node.json().is_string()) node.fail("a layer's name (\"\" is the root)");
    return node.json().get<std::string>();
  });
}

void expect_function(const JsonSource& source, const LayerSelector& layer, const std::string& kind,
                     const std::optional<FunctionConfig>& function) {
  if (!function) reject(source.label, layer.path, "no " + kind, "one here or in 'defaults'");
}

}  // namespace

Fields<LayerSelector> selector_fields() {
  using Layer = LayerSelector;
  return {
      field("name", &Layer::name, layer_name(),
            "the layer's fully qualified name; `\"\"` is the root"),
      field("match", &Layer::match, glob(),
            "a glob over layer names: `*` stays within one name part, `**` crosses dots, `?` is "
            "one character"),
      field("type", &Layer::types, class_names(),
            "the class name (`Conv2d`, or a glob: `Conv?d`), or the whole qualified name; a list "
            "selects layers of any of them"),
      field("exclude", &Layer::exclude, globs(), "layers that are taken out again",
            otherwise("none")),
      field("inner", &Layer::inner, boolean(),
            "leave out the first and the last layer that the entry selects, in the model's order"),
      field("input", &Layer::input, argument(),
            "which argument of the layer is observed and masked; the others are left alone",
            otherwise("the first that holds activations")),
      field("optional", &Layer::optional, boolean(),
            "selecting nothing, or a layer that is never called, is a warning instead of an "
            "error"),
  };
}

const Object<LayerSelector>& layer_object() {
  static const Object<LayerSelector> object = {
      "layer",
      "selects layers by exactly one of `name`, `match`, `type`, and overrides the defaults for "
      "them",
      joined(selector_fields(), lifted(&LayerSelector::settings, settings_object().fields)),
      {{"oneOf", Schema::array({{{"required", Schema::array({"name"})}},
                                {{"required", Schema::array({"match"})}},
                                {{"required", Schema::array({"type"})}}})}}};
  return object;
}

LayerSelector read_layer(const JsonNode& node) {
  LayerSelector layer;
  layer.path = node.path();
  read_object(node, layer_object(), layer);
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
