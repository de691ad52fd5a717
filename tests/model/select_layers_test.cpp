#include "model/select_layers.h"

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

using Names = std::vector<std::string>;

Layer layer(const std::string& name, const std::string& type, const std::string& same_as = "") {
  return {name, type, "__torch__.nn." + type, same_as, {}};
}

std::vector<Layer> small_net() {
  return {
      layer("", "Net"),           layer("conv1", "Conv2d"),    layer("enc", "Encoder"),
      layer("enc.fc1", "Linear"), layer("enc.conv", "Conv2d"), layer("enc.tied", "Conv2d", "conv1"),
      layer("fc2", "Linear")};
}

enum class By { Name, Match, Type };

LayerSelector entry(By by, const std::string& text, size_t index = 0) {
  LayerSelector selector;
  if (by == By::Type)
    selector.types = {text};
  else
    (by == By::Name ? selector.name : selector.match) = text;
  selector.path = "layers." + std::to_string(index);
  return selector;
}

Names names(const Selection& selection) {
  Names result;
  for (const auto& selected : selection.layers) result.push_back(selected.layer);
  return result;
}

Names selected(const LayerSelector& selector) {
  return names(select_layers(small_net(), {selector}));
}

std::string failure(const LayerSelector& selector, const std::vector<Layer>& layers = small_net()) {
  const Error error = error_of([&] { select_layers(layers, {selector}); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), selector.path + ": "));
  return error.what();
}

}  // namespace

TEST_CASE("layers are selected by name, glob and type", "[model]") {
  CHECK(selected(entry(By::Name, "fc2")) == Names{"fc2"});
  CHECK(selected(entry(By::Name, "")) == Names{""});
  CHECK(selected(entry(By::Match, "enc.*")) == Names{"conv1", "enc.fc1", "enc.conv"});
  CHECK(selected(entry(By::Match, "**fc?")) == Names{"enc.fc1", "fc2"});
  CHECK(selected(entry(By::Type, "Conv2d")) == Names{"conv1", "enc.conv"});
  CHECK(selected(entry(By::Type, "__torch__.nn.Linear")) == Names{"enc.fc1", "fc2"});
}

TEST_CASE("types are globs, and several of them are one choice", "[model]") {
  CHECK(selected(entry(By::Type, "Conv?d")) == Names{"conv1", "enc.conv"});
  auto both = entry(By::Type, "Conv?d");
  both.types.push_back("*Linear");
  CHECK(selected(both) == Names{"conv1", "enc.fc1", "enc.conv", "fc2"});
}

TEST_CASE("inner leaves out the first and the last of what is selected", "[model]") {
  auto inner = entry(By::Match, "**");
  inner.exclude = {"", "enc", "enc.tied"};
  inner.inner = true;
  CHECK(selected(inner) == Names{"enc.fc1", "enc.conv"});
  inner = entry(By::Type, "Linear");
  inner.inner = true;
  CHECK(contains(failure(inner), "'inner' leaves out the first and the last"));
}

TEST_CASE("a second name selects the layer of the first", "[model]") {
  CHECK(selected(entry(By::Name, "enc.tied")) == Names{"conv1"});
}

TEST_CASE("excluded layers are taken out again", "[model]") {
  auto selector = entry(By::Type, "Linear");
  selector.exclude = {"enc.*"};
  CHECK(selected(selector) == Names{"fc2"});
  selector.exclude = {"**"};
  CHECK(contains(failure(selector), "no layer has the type 'Linear'"));
}

TEST_CASE("a selected layer carries its type and entry", "[model]") {
  const auto selection =
      select_layers(small_net(), {entry(By::Name, "fc2"), entry(By::Name, "enc.fc1", 1)});
  REQUIRE(selection.layers.size() == 2);
  CHECK(selection.layers[1].type == "Linear");
  CHECK(selection.layers[1].entry == 1);
  CHECK(selection.warnings.empty());
}

TEST_CASE("layers come in the order of their entries", "[model]") {
  const auto selection =
      select_layers(small_net(), {entry(By::Name, "fc2"), entry(By::Type, "Conv2d", 1)});
  CHECK(names(selection) == Names{"fc2", "conv1", "enc.conv"});
}

TEST_CASE("a later entry replaces an earlier one with a warning", "[model]") {
  const auto selection =
      select_layers(small_net(), {entry(By::Type, "Conv2d"), entry(By::Name, "enc.tied", 1)});
  CHECK(names(selection) == Names{"enc.conv", "conv1"});
  CHECK(selection.warnings == Names{"layer 'conv1': layers.1 replaces layers.0"});
  const auto root = select_layers(small_net(), {entry(By::Name, ""), entry(By::Type, "Net", 1)});
  CHECK(root.warnings == Names{"layer '' (the root): layers.1 replaces layers.0"});
}

TEST_CASE("an entry that selects one layer under both its names replaces nothing", "[model]") {
  CHECK(select_layers(small_net(), {entry(By::Match, "**con*")}).warnings.empty());
  CHECK(select_layers(small_net(), {entry(By::Match, "**")}).warnings.empty());
}

TEST_CASE("an entry that selects nothing is an error with the nearest names", "[model]") {
  CHECK(contains(failure(entry(By::Name, "conv2")),
                 "no layer is named 'conv2'; did you mean 'conv1'"));
  CHECK(contains(failure(entry(By::Match, "enc.fx*")), "no layer matches 'enc.fx*'"));
  CHECK(contains(failure(entry(By::Type, "Conv1d")), "did you mean 'Conv2d'"));
  CHECK(
      contains(failure(entry(By::Type, "GRU")), "there are 'Conv2d', 'Encoder', 'Linear', 'Net'"));
}

TEST_CASE("an optional entry that selects nothing is a warning", "[model]") {
  auto selector = entry(By::Name, "conv2", 3);
  selector.optional = true;
  const auto selection = select_layers(small_net(), {selector, entry(By::Name, "fc2")});
  CHECK(names(selection) == Names{"fc2"});
  REQUIRE(selection.warnings.size() == 1);
  CHECK(contains(selection.warnings[0], "layers.3: no layer is named 'conv2'"));
}

TEST_CASE("a frozen model is told from a misspelt name", "[model]") {
  CHECK(
      contains(failure(entry(By::Name, "conv1"), {layer("", "Net")}), "it was frozen or inlined"));
}
