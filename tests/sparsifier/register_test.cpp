// Items 1-12, 34 and 38 of the reference's behaviour, and the defects about registering.
#include <ATen/core/Dict.h>

#include "model/layer_tree.h"
#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

std::vector<std::string> names_of(const ActivationSparsifier& sparsifier) {
  std::vector<std::string> names;
  for (const auto& layer : sparsifier.layers()) names.push_back(layer.site.layer);
  return names;
}

using Names = std::vector<std::string>;

json settings_of(const ActivationSparsifier& sparsifier, const std::string& layer) {
  return to_json(record_of(sparsifier, layer).settings);
}

}  // namespace

TEST_CASE("1: defaults have exactly six keys, null where nothing was given", "[sparsifier]") {
  const ActivationSparsifier sparsifier(chain());
  CHECK(to_json(sparsifier.state_dict().defaults) == json({{"aggregate_fn", nullptr},
                                                           {"reduce_fn", nullptr},
                                                           {"mask_fn", nullptr},
                                                           {"sparse_config", json::object()},
                                                           {"features", nullptr},
                                                           {"feature_dim", nullptr}}));
}

TEST_CASE("2: nothing in the defaults is checked before a layer is registered", "[sparsifier]") {
  const json unknown = {{"aggregate_fn", "no such function"}, {"features", {1}}};
  ActivationSparsifier sparsifier(chain(), {}, settings(unknown));
  json own = usual();
  own["features"] = nullptr;
  CHECK_FALSE(sparsifier.register_layer("a", settings(own)));
}

TEST_CASE("3: data_groups and state start empty", "[sparsifier]") {
  const auto document = to_ivalue(ActivationSparsifier(chain()).state_dict()).toGenericDict();
  CHECK(document.at("data_groups").toGenericDict().empty());
  CHECK(document.at("state").toGenericDict().empty());
}

TEST_CASE("4: a layer goes by the first name under which it is met", "[sparsifier]") {
  const auto model = nested();
  auto sparsifier = sparsifier_of(model);
  sparsifier.register_layer(find_layer(model, "block2.fc"));
  sparsifier.register_layer(model);
  CHECK(names_of(sparsifier) == Names{"block2.fc", ""});
  const auto twins = aliased();
  auto one = sparsifier_of(twins);
  one.register_layer(find_layer(twins, "b"));
  CHECK(names_of(one) == Names{"a"});
  CHECK(one.register_layer("b"));  // by the second name it is the same layer
  CHECK(names_of(one) == Names{"a"});
  forward(one, tensor1d({1}));
  CHECK(record_of(one, "a").calls == 2);
  CHECK(bit_equal(mask_of(one, "b"), mask_of(one, "a")));
  one.unregister_layer("b");
  CHECK(names_of(one).empty());
}

TEST_CASE("5: a layer that is not in the model is refused", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  const Error foreign = error_of([&] { sparsifier.register_layer(scale(1)); });
  CHECK(foreign.kind() == ErrorKind::Model);
  CHECK(contains(foreign.what(), "layer not found in the specified model"));
  CHECK(contains(error_of([&] { sparsifier.register_layer("aa"); }).what(), "did you mean 'a'"));
  CHECK(names_of(sparsifier).empty());
}

TEST_CASE("6, 7: settings go over the defaults key by key and leave them alone", "[sparsifier]") {
  auto sparsifier = sparsifier_of(
      chain(), {{"mask_fn", "nm"}, {"sparse_config", {{"n", 2}, {"m", 4}, {"dim", 0}}}});
  const auto before = to_json(sparsifier.state_dict().defaults);
  sparsifier.register_layer("a",
                            settings({{"sparse_config", {{"n", 1}}}, {"reduce_fn", "identity"}}));
  const json merged = settings_of(sparsifier, "a");
  CHECK(merged["sparse_config"] == json({{"n", 1}, {"m", 4}, {"dim", 0}}));
  CHECK(merged["reduce_fn"] == "identity");
  CHECK(merged["aggregate_fn"] == "sum");
  CHECK(to_json(sparsifier.state_dict().defaults) == before);
  sparsifier.register_layer("b");
  CHECK(settings_of(sparsifier, "b") == before);
}

TEST_CASE("8: features need feature_dim", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  const Error error = error_of([&] {
    sparsifier.register_layer("a", settings({{"features", {1}}}));
  });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(error.what() == std::string("layer 'a': need feature_dim to select features"));
}

TEST_CASE("9: all three functions are needed", "[sparsifier]") {
  for (const char* key : {"aggregate_fn", "reduce_fn", "mask_fn"}) {
    auto sparsifier = sparsifier_of(chain(), {{key, nullptr}});
    const Error error = error_of([&] { sparsifier.register_layer("a"); });
    CHECK(error.kind() == ErrorKind::Config);
    CHECK(error.what() ==
          "layer 'a': function should be callable: " + std::string(key) + " is missing");
  }
}

TEST_CASE("10: registering again replaces the layer, which starts anew", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  CHECK_FALSE(
      sparsifier.register_layer("a", settings({{"sparse_config", {{"sparsity_level", 0.25}}}})));
  sparsifier.register_layer("b");
  forward(sparsifier, tensor1d({1, 2}));
  CHECK(sparsifier.register_layer("a", settings({{"aggregate_fn", "abs_sum"}})));
  CHECK(names_of(sparsifier) == Names{"b", "a"});
  CHECK(settings_of(sparsifier, "a") ==
        usual({{"aggregate_fn", "abs_sum"}, {"features", nullptr}, {"feature_dim", nullptr}}));
  CHECK_FALSE(record_of(sparsifier, "a").data());
  forward(sparsifier, tensor1d({1, 2}));
  CHECK(record_of(sparsifier, "a").calls == 1);  // one hook, not two
  CHECK(record_of(sparsifier, "b").calls == 2);  // the other layer went on
}

TEST_CASE("11: a registered layer has no mask, aggregates, and sees what enters it",
          "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("b");
  CHECK_FALSE(record_of(sparsifier, "b").gate);
  CHECK(record_of(sparsifier, "b").hook_state == HookState::Aggregate);
  CHECK(bit_equal(forward(sparsifier, tensor1d({1, -2})), tensor1d({6, 0})));
  CHECK(bit_equal(data_of(sparsifier, "b"), tensor1d({2, 0})));
}

TEST_CASE("12: registering again works after squash_mask", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("b");
  forward(sparsifier, normal({2, 4}, 1));
  sparsifier.step();
  sparsifier.squash_mask();
  CHECK(sparsifier.register_layer("b"));
  CHECK(record_of(sparsifier, "b").hook_state == HookState::Aggregate);
  const at::Tensor x = normal({2, 4}, 2);
  CHECK(bit_equal(forward(sparsifier, x), run_forward(chain(), x)));  // not masked any more
  CHECK(record_of(sparsifier, "b").calls == 1);
}

TEST_CASE("34: unregistering removes everything of the layer", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  sparsifier.register_layer("b");
  sparsifier.unregister_layer("a");
  const auto document = to_ivalue(sparsifier.state_dict()).toGenericDict();
  for (const char* part : {"state", "data_groups"}) {
    const auto entries = document.at(part).toGenericDict();
    CHECK(entries.size() == 1);
    CHECK(entries.contains("b"));
  }
  forward(sparsifier, tensor1d({1}));
  CHECK(record_of(sparsifier, "b").calls == 1);
  CHECK_THROWS_AS(sparsifier.get_mask("a"), Error);
}

TEST_CASE("38: to_string lists the layers without data, hooks and functions", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  CHECK(sparsifier.to_string() == "ActivationSparsifier ()");
  sparsifier.register_layer("a");
  sparsifier.register_layer("b", features_of({0, 2}, -1));
  forward(sparsifier, normal({2, 3}, 1));
  CHECK(sparsifier.to_string() ==
        "ActivationSparsifier (\n"
        "\tData Group\n"
        "\t    name: a\n"
        "\t    feature_dim: null\n"
        "\t    features: null\n"
        "\t    hook_state: aggregate\n"
        "\t    layer: Scale\n"
        "\t    sparse_config: {\"sparsity_level\":0.5}\n"
        "\n"
        "\tData Group\n"
        "\t    name: b\n"
        "\t    feature_dim: -1\n"
        "\t    features: [0,2]\n"
        "\t    hook_state: aggregate\n"
        "\t    layer: Scale\n"
        "\t    sparse_config: {\"sparsity_level\":0.5}\n"
        ")");
}

TEST_CASE("D14: unregistering an unknown layer changes nothing", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("b");
  const Error error = error_of([&] { sparsifier.unregister_layer("bb"); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "did you mean 'b'"));
  CHECK(names_of(sparsifier) == Names{"b"});
}

TEST_CASE("D15: null overrides default features and feature_dim", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain(), {{"features", {0, 1}}, {"feature_dim", 1}});
  sparsifier.register_layer("a", settings({{"features", nullptr}, {"feature_dim", nullptr}}));
  CHECK(settings_of(sparsifier, "a")["features"].is_null());
  CHECK(settings_of(sparsifier, "a")["feature_dim"].is_null());
  forward(sparsifier, normal({2, 3}, 1));
  CHECK(data_of(sparsifier, "a").sizes().vec() == std::vector<int64_t>{2, 3});
}

TEST_CASE("D16: bad features are found when the layer is registered", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  const auto error = [&](const std::vector<int64_t>& features) {
    const Error found = error_of([&] { sparsifier.register_layer("a", features_of(features)); });
    CHECK(found.kind() == ErrorKind::Config);
    return std::string(found.what());
  };
  CHECK(contains(error({0, -1}), "layer 'a': feature -1 is negative"));
  CHECK(contains(error({2, 2}), "feature 2 is listed twice"));
  CHECK_FALSE(
      sparsifier.register_layer("a", settings({{"features", 1}, {"feature_dim", 1}})));  // a scalar
  CHECK(record_of(sparsifier, "a").settings.features == std::vector<int64_t>{1});
}

TEST_CASE("D24: a registration that fails leaves the layer registered as it was", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a", settings({{"sparse_config", {{"sparsity_level", 0.25}}}}));
  forward(sparsifier, tensor1d({1, 2}));
  const auto before = sparsifier.state_dict();
  const auto refused = [&](const json& overrides) {
    CHECK(error_of([&] { sparsifier.register_layer("a", settings(overrides)); }).kind() ==
          ErrorKind::Config);
    check_equal(sparsifier.state_dict(), before);
  };
  refused({{"mask_fn", nullptr}});
  refused({{"mask_fn", "magnitud"}});
  refused({{"features", {1}}});
  refused({{"sparse_config", {{"sparsity_level", 2}}}});
  CHECK_THROWS_AS(sparsifier.register_layer("a", {}, int64_t{1}), Error);
  check_equal(sparsifier.state_dict(), before);
  forward(sparsifier, tensor1d({1, 2}));
  CHECK(record_of(sparsifier, "a").calls == 2);
}
