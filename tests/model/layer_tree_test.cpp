#include "model/layer_tree.h"

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

TEST_CASE("layers are listed depth first, the root as the empty name", "[model]") {
  std::vector<std::string> names, types;
  for (const auto& layer : list_layers(nested())) {
    names.push_back(layer.name);
    types.push_back(layer.type);
  }
  CHECK(names == std::vector<std::string>{"", "block1", "block1.fc", "block2", "block2.fc"});
  CHECK(types == std::vector<std::string>{"Nested", "Block", "Scale", "Block", "Scale"});
}

TEST_CASE("an instance under a second name points to its first", "[model]") {
  const auto layers = list_layers(aliased());
  REQUIRE(layers.size() == 3);
  CHECK(layers[1].same_as.empty());
  CHECK(layers[2].name == "b");
  CHECK(layers[2].same_as == "a");
  // Equal layers are not the same layer.
  for (const auto& layer : list_layers(chain())) CHECK(layer.same_as.empty());
}

TEST_CASE("a layer is found by its name, and its name by the layer", "[model]") {
  const Module model = nested();
  const Module fc = find_layer(model, "block2.fc");
  CHECK(bit_equal(fc.attr("weight").toTensor(), tensor1d({3})));
  CHECK(layer_name(model, fc) == "block2.fc");
  CHECK(find_layer(model, "") == model);
  CHECK(layer_name(model, model).empty());
  const Module shared = aliased();
  CHECK(layer_name(shared, find_layer(shared, "b")) == "a");
}

TEST_CASE("an unknown name gets the nearest ones, a foreign layer is refused", "[model]") {
  const Error unknown = error_of([] { find_layer(nested(), "block2.fb"); });
  CHECK(unknown.kind() == ErrorKind::Model);
  CHECK(contains(unknown.what(), "no layer is named 'block2.fb'"));
  CHECK(contains(unknown.what(), "'block2.fc'"));
  const Error foreign = error_of([] { layer_name(nested(), scale(2)); });
  CHECK(foreign.kind() == ErrorKind::Model);
  CHECK(foreign.what() == std::string("layer not found in the specified model"));
}

TEST_CASE("short type names leave out package and mangling", "[model]") {
  CHECK(short_type("__torch__.torch.nn.modules.conv.___torch_mangle_7.Conv2d") == "Conv2d");
  CHECK(short_type("Conv2d") == "Conv2d");
}
