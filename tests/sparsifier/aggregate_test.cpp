// Items 13-18 of the reference's behaviour, and the defects of its aggregation hook.
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>

#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;
using torch::jit::Module;

namespace {

ActivationSparsifier registered(const Module& model, const std::string& layer,
                                const LayerSettings& overrides = {},
                                const InputSelector& input = int64_t{0}) {
  auto sparsifier = sparsifier_of(model);
  sparsifier.register_layer(layer, overrides, input);
  return sparsifier;
}

std::vector<at::Tensor> feature_data(const ActivationSparsifier& sparsifier,
                                     const std::string& layer) {
  return std::get<std::vector<at::Tensor>>(*record_of(sparsifier, layer).data());
}

Error forward_error(ActivationSparsifier& sparsifier, const at::Tensor& x) {
  return error_of([&] { forward(sparsifier, x); });
}

}  // namespace

TEST_CASE("13: the first positional input is used, unless another is asked for", "[sparsifier]") {
  const at::Tensor x = tensor1d({1, 2});
  auto first = registered(keyword_call(), "join");
  forward(first, x);
  CHECK(bit_equal(data_of(first, "join"), x));
  auto second = registered(keyword_call(), "join", {}, int64_t{1});
  forward(second, x);
  CHECK(bit_equal(data_of(second, "join"), tensor1d({2, 3})));
}

TEST_CASE("14: one batch with sum gives exactly the input", "[sparsifier]") {
  auto sparsifier = registered(chain(), "a");
  const at::Tensor x = normal({4, 3}, 1);
  forward(sparsifier, x);
  CHECK(bit_equal(data_of(sparsifier, "a"), x));
  CHECK(bit_equal(mask_of(sparsifier, "a"), at::full({4, 3}, 1.0)));
}

TEST_CASE("15: later calls are added from left to right", "[sparsifier]") {
  auto sparsifier = registered(chain(), "a");
  at::Tensor sum = at::full({4, 3}, 0.0);
  for (uint64_t batch = 0; batch < 5; ++batch) {
    const at::Tensor x = normal({4, 3}, batch);
    forward(sparsifier, x);
    sum = sum + x;
  }
  CHECK(bit_equal(data_of(sparsifier, "a"), sum));
  CHECK(record_of(sparsifier, "a").calls == 5);
}

TEST_CASE("15: a layer that is called twice in a forward is aggregated twice", "[sparsifier]") {
  auto sparsifier = registered(repeated(), "a");
  forward(sparsifier, tensor1d({1, 1}));
  CHECK(bit_equal(data_of(sparsifier, "a"), tensor1d({16, 16})));  // 1 + 2 + 4 + 9
  CHECK(record_of(sparsifier, "a").calls == 4);
}

TEST_CASE("16: each feature is aggregated by itself, its dimension kept", "[sparsifier]") {
  auto sparsifier = registered(chain(), "a", features_of({2, 0}));
  const at::Tensor x = normal({4, 3, 5}, 1), y = normal({4, 3, 5}, 2);
  forward(sparsifier, x);
  forward(sparsifier, y);
  const auto data = feature_data(sparsifier, "a");
  REQUIRE(data.size() == 2);
  CHECK(bit_equal(data[0], (x + y).narrow(1, 2, 1)));
  CHECK(bit_equal(data[1], (x + y).narrow(1, 0, 1)));
  const auto masks = masks_of(sparsifier, "a");
  REQUIRE(masks.size() == 2);
  CHECK(bit_equal(masks[1], at::full({4, 1, 5}, 1.0)));
}

TEST_CASE("17: feature_dim may be negative", "[sparsifier]") {
  auto negative = registered(chain(), "a", features_of({1}, -2));
  auto positive = registered(chain(), "a", features_of({1}, 1));
  const at::Tensor x = normal({4, 3, 5}, 1);
  forward(negative, x);
  forward(positive, x);
  CHECK(bit_equal(feature_data(negative, "a").at(0), feature_data(positive, "a").at(0)));
  CHECK(bit_equal(masks_of(negative, "a").at(0), masks_of(positive, "a").at(0)));
}

TEST_CASE("17: an empty list of features masks nothing", "[sparsifier]") {
  auto sparsifier = registered(chain(), "a", features_of({}));
  const at::Tensor x = normal({4, 3}, 1);
  forward(sparsifier, x);
  CHECK(masks_of(sparsifier, "a").empty());
  const auto warnings = sparsifier.step();
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0].text, "features is an empty list: nothing is masked"));
  const Module masked = sparsifier.squash_mask();
  CHECK(bit_equal(run_forward(masked, x), run_forward(chain(), x)));
  check_equal(through_file(sparsifier.state_dict()), sparsifier.state_dict());
}

TEST_CASE("18: training and evaluation mode aggregate alike", "[sparsifier]") {
  const Module model = make_module("Modes",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  y = self.a.forward(x)\n"
                                   "  return y if self.training else -y\n",
                                   {{"a", scale(2)}});
  for (const bool training : {true, false}) {
    ActivationSparsifier sparsifier({model, "forward", training}, {}, settings(usual()));
    sparsifier.register_layer("a");
    CHECK(bit_equal(forward(sparsifier, tensor1d({1})), tensor1d({training ? 2.0 : -2.0})));
    CHECK(bit_equal(data_of(sparsifier, "a"), tensor1d({1})));
    CHECK(model.is_training());  // the user's model stays in its mode
  }
}

TEST_CASE("D2: an input passed by keyword is aggregated and masked", "[sparsifier]") {
  auto sparsifier = registered(keyword_call(), "join", {}, "y");
  forward(sparsifier, tensor1d({-1, 0.5}));
  CHECK(bit_equal(data_of(sparsifier, "join"), tensor1d({0, 1.5})));
}

TEST_CASE("D3: a list input is refused at register, and another input can be chosen",
          "[sparsifier]") {
  auto sparsifier = sparsifier_of(list_argument());
  const Error error = error_of([&] { sparsifier.register_layer("cat"); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "input 0 is not a tensor; its arguments are 0: xs (List[Tensor])"));
  sparsifier.register_layer("cat", {}, int64_t{1});
  forward(sparsifier, tensor1d({1, 2}));
  CHECK(bit_equal(data_of(sparsifier, "cat"), tensor1d({1, 2})));
}

TEST_CASE("D5: extremes start from the first input, not from zero", "[sparsifier]") {
  const at::Tensor x = tensor1d({-3, 5}), y = tensor1d({-2, 7});
  const auto run = [&](const json& function) {
    auto sparsifier = registered(chain(), "a", settings({{"aggregate_fn", function}}));
    forward(sparsifier, x);
    forward(sparsifier, y);
    return data_of(sparsifier, "a");
  };
  CHECK(bit_equal(run("max"), tensor1d({-2, 7})));
  CHECK(bit_equal(run("min"), tensor1d({-3, 5})));
  CHECK(bit_equal(run({{"name", "max"}, {"init", "zeros"}}), tensor1d({0, 7})));
}

TEST_CASE("D5: a user's average can start from the first input", "[sparsifier]") {
  FunctionTable functions;
  functions.add_source(
      {"f.py", "def ema(acc: Tensor, x: Tensor) -> Tensor:\n  return 0.5 * acc + 0.5 * x\n"});
  for (const bool first : {true, false}) {
    const json function = {{"name", "ema"}, {"init", first ? "first" : "zeros"}};
    ActivationSparsifier sparsifier(chain(), functions,
                                    settings(usual({{"aggregate_fn", function}})));
    sparsifier.register_layer("a");
    forward(sparsifier, tensor1d({4}));
    forward(sparsifier, tensor1d({4}));
    CHECK(bit_equal(data_of(sparsifier, "a"), tensor1d({first ? 4.0 : 3.0})));
  }
}

TEST_CASE("D6: a smaller last batch is an error, also one of a single sample", "[sparsifier]") {
  for (const int64_t last : {2, 1}) {
    auto sparsifier = registered(chain(), "a");
    forward(sparsifier, normal({4, 3}, 1));
    const Error error = forward_error(sparsifier, normal({last, 3}, 2));
    CHECK(error.kind() == ErrorKind::Data);
    CHECK(contains(error.what(), "layer 'a', call 2: input of shape [" + std::to_string(last) +
                                     ", 3] after [4, 3]"));
    CHECK(contains(error.what(), "drop_last"));
    CHECK(bit_equal(data_of(sparsifier, "a"), normal({4, 3}, 1)));  // nothing was added
    forward(sparsifier, normal({4, 3}, 3));
    CHECK(record_of(sparsifier, "a").calls == 2);
  }
}

TEST_CASE("D7: which samples meet in the sum does not matter after a mean over dim 0",
          "[sparsifier]") {
  auto one = registered(chain(), "a"), other = registered(chain(), "a");
  const at::Tensor x = (normal({4, 6}, 1) * 8).round(), y = (normal({4, 6}, 2) * 8).round();
  forward(one, x);
  forward(one, y);
  forward(other, y.flip({0}));
  forward(other, x);
  CHECK_FALSE(bit_equal(data_of(one, "a"), data_of(other, "a")));
  one.step();
  other.step();
  CHECK(bit_equal(mask_of(one, "a"), mask_of(other, "a")));
}

TEST_CASE("D8: no autograd graph is kept", "[sparsifier]") {
  const Module model = chain();
  for (const auto& parameter : model.parameters()) at::Tensor(parameter).requires_grad_(true);
  auto sparsifier = registered(model, "b");
  at::Tensor x = normal({2, 3}, 1);
  x.requires_grad_(true);
  CHECK_FALSE(forward(sparsifier, x).requires_grad());
  CHECK_FALSE(data_of(sparsifier, "b").requires_grad());
  CHECK_FALSE(data_of(sparsifier, "b").grad_fn());
}

TEST_CASE("D16: features that are out of range name layer, shape and dimension", "[sparsifier]") {
  auto sparsifier = registered(chain(), "a", features_of({2, 3}));
  const Error error = forward_error(sparsifier, normal({4, 3}, 1));
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(),
                 "layer 'a', call 1: feature 3 is out of range: the input of shape "
                 "[4, 3] has 3 along feature_dim 1"));
  auto deep = registered(chain(), "a", features_of({0}, 2));
  CHECK(contains(forward_error(deep, normal({4, 3}, 1)).what(), "feature_dim 2 is out of range"));
}

TEST_CASE("D16: a later input that lacks a feature is refused like the first", "[sparsifier]") {
  auto sparsifier = registered(chain(), "a", features_of({3}));
  forward(sparsifier, normal({2, 4}, 1));
  const Error error = forward_error(sparsifier, normal({2, 3}, 1));
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "layer 'a', call 2: feature 3 is out of range"));
}

TEST_CASE("D16: large features stay exact", "[sparsifier]") {
  auto sparsifier = registered(chain(), "a", features_of({16777217}, 0));
  at::Tensor x = at::full({16777218}, 1.0);
  x[16777217].fill_(5);
  forward(sparsifier, x);
  CHECK(bit_equal(feature_data(sparsifier, "a").at(0), tensor1d({5})));
}
