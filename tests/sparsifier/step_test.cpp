// Items 19-29 and 39 of the reference's behaviour, and the defects about masks and step().
#include <ATen/ops/full.h>

#include "model/insert_observers.h"
#include "model/layer_tree.h"
#include "model/load_model.h"
#include "sparsifier/helpers.h"
#include "sparsifier/mask_summary.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;
using nlohmann::json;
using torch::jit::Module;

namespace {

ActivationSparsifier calibrated(const std::vector<std::string>& layers, const at::Tensor& x,
                                const json& changes = json::object()) {
  auto sparsifier = sparsifier_of(chain(), changes);
  for (const auto& layer : layers) sparsifier.register_layer(layer);
  forward(sparsifier, x);
  return sparsifier;
}

ActivationSparsifier with_function(const std::string& source, const json& changes) {
  FunctionTable functions;
  functions.add_source({"f.py", source});
  ActivationSparsifier sparsifier(chain(), functions, settings(usual(changes)));
  sparsifier.register_layer("a");
  return sparsifier;
}

Error step_error(ActivationSparsifier& sparsifier) {
  return error_of([&] { sparsifier.step(); });
}

const at::Tensor columns = tensor1d({1, -4, 3, -2, 1, 4, 3, 2}).view({2, 4});  // mean 1 0 3 0

}  // namespace

TEST_CASE("19-21: a mask is asked for by a registered name or a layer of the model",
          "[sparsifier]") {
  const Module model = chain();
  auto sparsifier = sparsifier_of(model);
  sparsifier.register_layer("a");
  forward(sparsifier, columns);
  CHECK(bit_equal(std::get<at::Tensor>(sparsifier.get_mask(find_layer(model, "a"))),
                  at::full({2, 4}, 1.0)));
  const Error foreign = error_of([&] { sparsifier.get_mask(scale(1)); });
  CHECK(foreign.kind() == ErrorKind::Model);
  CHECK(foreign.what() == std::string("layer not found in the specified model"));
  const Error unknown = error_of([&] { sparsifier.get_mask("b"); });
  CHECK(unknown.kind() == ErrorKind::Model);
  CHECK(contains(unknown.what(), "layer with the given name not found among the registered ones"));
}

TEST_CASE("22: the mask's shape is unknown before the layer is called", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  const Error error = error_of([&] { sparsifier.get_mask("a"); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "layer 'a': shape unknown, run forward at least once"));
}

TEST_CASE("23: the mask is all ones of the input's shape, then what mask_fn returned",
          "[sparsifier]") {
  auto sparsifier = calibrated({"a"}, columns);
  CHECK(bit_equal(mask_of(sparsifier, "a"), at::full({2, 4}, 1.0)));
  CHECK(sparsifier.step().empty());
  CHECK(bit_equal(mask_of(sparsifier, "a"), tensor1d({1, 0, 1, 0})));
}

TEST_CASE("24: a list of masks with features, else a tensor", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  sparsifier.register_layer("b", features_of({1}));
  forward(sparsifier, columns);
  CHECK(std::holds_alternative<at::Tensor>(sparsifier.get_mask("a")));
  CHECK(masks_of(sparsifier, "b").size() == 1);
  sparsifier.step();
  CHECK(std::holds_alternative<at::Tensor>(sparsifier.get_mask("a")));
  CHECK(masks_of(sparsifier, "b").size() == 1);
}

TEST_CASE("25: every layer's mask comes from its own functions, per feature", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("b");
  auto of_features = features_of({3, 0});
  of_features.reduce_fn =
      settings({{"reduce_fn", {{"name", "sum"}, {"dim", {0}}, {"keepdim", true}}}}).reduce_fn;
  sparsifier.register_layer("a", of_features);
  const at::Tensor x = normal({5, 4, 6}, 3);
  forward(sparsifier, x);
  sparsifier.step();
  const auto masks = masks_of(sparsifier, "a");
  const FunctionTable table;
  const auto magnitude =
      table.mask({"magnitude", {{"sparsity_level", 0.5}}, ""}, json::object(), "");
  CHECK(bit_equal(masks.at(0), magnitude(x.narrow(1, 3, 1).sum({0}, true))));
  CHECK(bit_equal(masks.at(1), magnitude(x.narrow(1, 0, 1).sum({0}, true))));
  CHECK(bit_equal(mask_of(sparsifier, "b"), magnitude((x * 2).relu().mean({0}))));
}

TEST_CASE("26: step drops the data, so that the next epoch starts from zeros", "[sparsifier]") {
  auto sparsifier = calibrated({"a"}, columns);
  sparsifier.step();
  CHECK_FALSE(record_of(sparsifier, "a").data());
  const at::Tensor y = columns.flip({1});
  forward(sparsifier, y);
  CHECK(bit_equal(data_of(sparsifier, "a"), y));
  CHECK(record_of(sparsifier, "a").calls == 1);
  sparsifier.step();
  CHECK(bit_equal(mask_of(sparsifier, "a"), tensor1d({0, 1, 0, 1})));
}

TEST_CASE("27: without layers step and squash_mask do nothing", "[sparsifier]") {
  ActivationSparsifier sparsifier(chain());
  CHECK(sparsifier.step().empty());
  CHECK(graph_text(sparsifier.squash_mask()) == graph_text(chain()));
}

TEST_CASE("28: masks may be bool or 0-d; they are kept in the input's dtype", "[sparsifier]") {
  const std::string booleans = "def f(x: Tensor) -> Tensor:\n  return x > 0\n";
  const std::string scalar = "def f(x: Tensor) -> Tensor:\n  return torch.ones([])\n";
  for (const auto& [source, mask] :
       {std::pair(booleans, tensor1d({1, 0, 1, 0})), std::pair(scalar, at::full({}, 1.0))}) {
    auto sparsifier = with_function(source, {{"mask_fn", "f"}, {"sparse_config", nullptr}});
    forward(sparsifier, columns);
    sparsifier.step();
    CHECK(bit_equal(mask_of(sparsifier, "a"), mask));
    CHECK(bit_equal(run_forward(sparsifier.squash_mask(), columns),
                    run_forward(chain(), columns * mask)));
  }
}

TEST_CASE("28: a mask of a shape that does not fit is an error of step", "[sparsifier]") {
  for (const char* shape : {"[3]", "[5, 2, 4]", "[2, 4, 1]"}) {
    auto sparsifier = with_function(
        "def f(x: Tensor) -> Tensor:\n  return torch.ones(" + std::string(shape) + ")\n",
        {{"mask_fn", "f"}, {"sparse_config", nullptr}});
    forward(sparsifier, columns);
    const Error error = step_error(sparsifier);
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(contains(error.what(), "layer 'a': the mask of shape " + std::string(shape) +
                                     " does not fit the layer's input of shape [2, 4]"));
  }
}

TEST_CASE("29: an unknown key of sparse_config is found when the layer is registered",
          "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  const Error error = error_of([&] {
    sparsifier.register_layer("a", settings({{"sparse_config", {{"sparsity", 0.5}}}}));
  });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "layer 'a': sparse_config.sparsity"));
  CHECK(contains(error.what(), "'sparsity_level'"));
}

TEST_CASE("39: mask = mask_fn(reduce_fn(aggregate_fn(all inputs))), and weights are not touched",
          "[sparsifier]") {
  Module model = load_model(source_dir() / "sample_models" / "digits_cnn.pt");
  model.eval();
  const std::string before = saved(model);
  {
    at::Tensor sum;
    const auto add = [&](const at::Tensor& x) { sum = sum.defined() ? sum + x : x.clone(); };
    ObservedModel observed = insert_observers(model, {{{"conv2"}, add}});
    for (uint64_t batch = 0; batch < 3; ++batch) observed.run({normal({8, 1, 8, 8}, batch)});
    const double threshold = sum.mean({0}).abs().median().item<double>();
    ActivationSparsifier sparsifier(
        model, {},
        settings(usual({{"mask_fn", "threshold"}, {"sparse_config", {{"threshold", threshold}}}})));
    sparsifier.register_layer("conv2");
    for (uint64_t batch = 0; batch < 3; ++batch) forward(sparsifier, normal({8, 1, 8, 8}, batch));
    sparsifier.step();
    const at::Tensor mask = mask_of(sparsifier, "conv2");
    CHECK(bit_equal(mask, (sum.mean({0}).abs() > threshold).to(at::kFloat)));
    CHECK(mask.sum().item<double>() > 10);
    CHECK(mask.sum().item<double>() < 246);
    sparsifier.squash_mask();
  }
  const bool same_file = saved(model) == before;
  CHECK(same_file);
}

TEST_CASE("D9: step without data names the layers and leaves all as they were", "[sparsifier]") {
  const Module model = make_module("Sometimes",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  y = self.a.forward(x)\n"
                                   "  return self.b.forward(y) if bool(x.sum() > 100) else y\n",
                                   {{"a", scale(2)}, {"b", scale(3)}});
  auto sparsifier = sparsifier_of(model);
  sparsifier.register_layer("a");
  sparsifier.register_layer("b");
  CHECK(contains(step_error(sparsifier).what(), "no aggregated data for 'a', 'b'"));
  forward(sparsifier, columns);
  const Error error = step_error(sparsifier);
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "no aggregated data for 'b': never called since it was registered"));
  CHECK(bit_equal(data_of(sparsifier, "a"), columns));
  forward(sparsifier, columns + 100);
  sparsifier.step();
  CHECK(contains(step_error(sparsifier).what(), "stepped already"));  // twice
}

TEST_CASE("D9: a function that fails in one layer leaves the others' data", "[sparsifier]") {
  auto sparsifier = with_function(
      "def f(x: Tensor) -> Tensor:\n  assert x.numel() == 4, \"four\"\n  return x > 0\n",
      {{"mask_fn", "f"},
       {"sparse_config", nullptr},
       {"reduce_fn", {{"name", "mean"}, {"dim", {0}}}}});
  sparsifier.register_layer("b", settings({{"reduce_fn", "identity"}}));
  forward(sparsifier, columns);
  const Error error = step_error(sparsifier);
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "layer 'b': "));
  CHECK(contains(error.what(), "four"));
  CHECK_FALSE(record_of(sparsifier, "a").gate);
  CHECK(bit_equal(data_of(sparsifier, "a"), columns));
}

TEST_CASE("D10: the mask survives the forwards of the next epoch", "[sparsifier]") {
  auto sparsifier = calibrated({"a"}, columns);
  sparsifier.step();
  const at::Tensor mask = mask_of(sparsifier, "a");
  forward(sparsifier, columns.flip({1}));
  CHECK(bit_equal(mask_of(sparsifier, "a"), mask));
}

TEST_CASE("D20: the mask has the dtype of the layer's input", "[sparsifier]") {
  for (const auto dtype : {at::kBFloat16, at::kDouble, at::kLong}) {
    auto sparsifier = calibrated({"a"}, columns.to(dtype));
    sparsifier.step();
    CHECK(mask_of(sparsifier, "a").scalar_type() == dtype);
    CHECK(bit_equal(mask_of(sparsifier, "a").to(at::kFloat), tensor1d({1, 0, 1, 0})));
    const Module masked = sparsifier.squash_mask();
    const at::Tensor buffer = find_layer(masked, "a").attr("activation_mask").toTensor();
    CHECK(buffer.scalar_type() == dtype);
    CHECK(bit_equal(run_forward(masked, columns.to(dtype)),
                    run_forward(chain(), columns.to(dtype) * buffer)));
  }
}

TEST_CASE("D20: masks move with the model, and the sparsifier's own do not", "[sparsifier]") {
  auto sparsifier = calibrated({"a"}, columns);
  sparsifier.step();
  Module masked = reloaded(sparsifier.squash_mask());
  masked.to(at::kDouble);
  CHECK(run_forward(masked, columns.to(at::kDouble)).scalar_type() == at::kDouble);
  Module shared = sparsifier.squash_mask();
  shared.to(at::kDouble);
  CHECK(mask_of(sparsifier, "a").scalar_type() == at::kFloat);
}

TEST_CASE("D21: NaN in the data is warned of, NaN in a mask is an error", "[sparsifier]") {
  at::Tensor x = columns.clone();
  x[0][2].fill_(std::numeric_limits<double>::quiet_NaN());
  auto sparsifier = calibrated({"a"}, x);
  const auto warnings = sparsifier.step();
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].layer == "a");
  CHECK(contains(warnings[0].text, "the aggregate holds NaN"));
  auto poisoned = with_function("def f(x: Tensor) -> Tensor:\n  return x\n",
                                {{"mask_fn", "f"}, {"sparse_config", nullptr}});
  forward(poisoned, x);
  const Error error = step_error(poisoned);
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "layer 'a': the mask holds NaN"));
}

TEST_CASE("D21: integer inputs can be reduced by mean", "[sparsifier]") {
  auto sparsifier = calibrated({"a"}, columns.to(at::kLong));
  CHECK(sparsifier.step().empty());
}

TEST_CASE("D23: calls, kept and total, and sparsity asked and reached are known", "[sparsifier]") {
  auto sparsifier = calibrated({"a"}, columns, {{"sparse_config", {{"sparsity_level", 0.6}}}});
  forward(sparsifier, columns);
  sparsifier.step();
  const LayerRecord record = record_of(sparsifier, "a");
  CHECK(record.calls == 2);
  const auto summary = summarize_mask(record);
  REQUIRE(summary);
  CHECK(summary->kept == 2);
  CHECK(summary->total == 4);
  CHECK(summary->sparsity() == 0.5);
  CHECK(requested_sparsity(record.settings) == 0.6);
}
