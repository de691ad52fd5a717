#include "config/sample.h"

namespace actsparse {

TEST_CASE("a layer entry selects by name, match or type", "[config]") {
  const auto layer = [](const std::string& text) {
    return parse_sample({"layers=[" + text + "]"}).layers.at(0);
  };
  CHECK(layer(R"({"name": ""})").name == "");
  CHECK(layer(R"({"match": "a.**"})").match == "a.**");
  const auto typed = layer(R"({"type": "Conv2d", "exclude": ["a.*", "b"]})");
  CHECK(typed.types == Names{"Conv2d"});
  CHECK(typed.exclude == std::vector<std::string>{"a.*", "b"});
  CHECK_FALSE(typed.name.has_value());
  CHECK_FALSE(typed.match.has_value());
}

TEST_CASE("a layer's input is a position or a name", "[config]") {
  using Argument = std::variant<int64_t, std::string>;
  CHECK_FALSE(parse_sample().layers.at(0).input.has_value());
  CHECK(parse_sample({"layers.0.input=2"}).layers.at(0).input == Argument(int64_t{2}));
  CHECK(parse_sample({"layers.0.input=key"}).layers.at(0).input == Argument("key"));
}

TEST_CASE("layer entries know their place and whether they are optional", "[config]") {
  const auto layers =
      parse_sample({"layers=[{\"name\":\"a\"},{\"name\":\"b\",\"optional\":true}]"}).layers;
  REQUIRE(layers.size() == 2);
  CHECK(layers[1].path == "layers.1");
  CHECK(layers[1].optional);
  CHECK_FALSE(layers[0].optional);
}

TEST_CASE("each function must be there after the merge", "[config]") {
  const std::string two = R"(layers=[{"name": "a"}, {"name": "b", "mask_fn": null}])";
  CHECK(rejection({two}) == "layers.1: found no mask_fn, allowed one here or in 'defaults'");
  CHECK(rejection({"defaults={}"}) ==
        "layers.0: found no aggregate_fn, allowed one here or in 'defaults'");
  CHECK(contains(rejection({"defaults.reduce_fn=null"}), "layers.0: found no reduce_fn"));
  CHECK(parse_sample({"defaults.reduce_fn=null", "layers.0.reduce_fn=mean"}).layers.size() == 1);
}

TEST_CASE("features need a feature_dim after the merge", "[config]") {
  const std::string message = "need feature_dim to select features";
  CHECK(contains(rejection({"layers.0.features=[1]"}), "layers.0: found features but no "));
  CHECK(contains(rejection({"layers.0.features=[]"}), message));
  CHECK(contains(rejection({"defaults.features=[1]"}), message));
  CHECK(contains(
      rejection({"defaults.features=[1]", "defaults.feature_dim=1", "layers.0.feature_dim=null"}),
      message));
  CHECK(parse_sample({"layers.0.features=[1]", "defaults.feature_dim=1"}).layers.size() == 1);
  CHECK(parse_sample({"defaults.features=[1]", "layers.0.features=null"}).layers.size() == 1);
}

}  // namespace actsparse
