#include <algorithm>

#include "compact/cost.h"
#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

// The layers of digits_cnn but the first, half of the channels of each.
struct ChannelMasks : Workplace {
  explicit ChannelMasks(const std::string& align) {
    json["defaults"] = {{"aggregate_fn", {{"name", "abs_mean"}, {"except_dim", {1}}}},
                        {"reduce_fn", "identity"},
                        {"mask_fn", "magnitude"},
                        {"sparse_config", {{"sparsity_level", 0.5}}},
                        {"align", align}};
    json["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
  }
};

CompactReport compact_masked(const Workplace& place, const std::string& small = "small.pt",
                             const CompactOptions& options = {}) {
  const Config config = place.config();
  return compact({place / "masked.pt", place / small, {"forward", config.data, options}}, {});
}

// A linear layer that is called 2^`doublings` times by code that is short.
torch::jit::Module often_called(int doublings) {
  torch::jit::Module module("__torch__.Linear");
  module.register_parameter("weight", normal({4, 4}, 1), false);
  module.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.relu(torch.linear(x, self.weight))\n");
  for (int i = 0; i < doublings; ++i)
    module = make_module("Twice" + std::to_string(i),
                         "def forward(self, x: Tensor) -> Tensor:\n"
                         "  return self.inner.forward(self.inner.forward(x))\n",
                         {{"inner", module}});
  return module;
}

bool warns_of_growth(const CompactReport& report) {
  return report.bytes.after > report.bytes.before &&
         std::any_of(report.warnings.begin(), report.warnings.end(), [](const auto& warning) {
           return contains(warning, "the file is larger than the masked model's");
         });
}

}  // namespace

TEST_CASE("run, then compact: a small model that is equal to the masked one", "[pipeline]") {
  const auto align = GENERATE(std::string("none"), std::string("value"), std::string("group"));
  const ChannelMasks place(align);
  run(place.config(), {});
  const CompactReport report = compact_masked(place);
  CHECK(report.parameters.after < report.parameters.before);
  CHECK(report.macs.after < report.macs.before);
  CHECK(report.bytes.after < report.bytes.before);
  REQUIRE(report.layers.size() == 2);
  CHECK(report.layers[0].layer == "conv2");
  CHECK(report.layers[0].removed == 8);
  REQUIRE(report.differences.size() >= 2);
  for (const auto& difference : report.differences) CHECK(difference.relative < 1e-5);
  CHECK(report.latency.small > 0);
  const auto small = load_model(place / "small.pt");
  CHECK(count_parameters(small) == report.parameters.after);
  CHECK(small.attr("conv2").toModule().attr("weight").toTensor().size(1) == 8);
  CHECK_FALSE(small.attr("conv2").toModule().hasattr("activation_mask"));
}

TEST_CASE("run can write the small model too, and reports on it", "[pipeline]") {
  ChannelMasks place("group");
  place.json["output"]["compact"] = "small.pt";
  const Report report = run(place.config(), {});
  REQUIRE(report.compact);
  CHECK(report.compact->layers.at(0).removed == 8);
  CHECK(report.outputs.back() == std::pair<std::string, std::string>("compact", "small.pt"));
  const auto by_run = place.read("small.pt");
  CHECK(report.compact->bytes.after == static_cast<int64_t>(by_run.size()));
  CHECK(report.compact->bytes.before ==
        static_cast<int64_t>(std::filesystem::file_size(place / "masked.pt")));
  compact_masked(place);
  CHECK(place.read("small.pt") == by_run);
  apply({place / "model.pt", place / "state.pt", place / "applied.pt", place / "small.pt",
         MaskForm::Weights},
        {});
  CHECK(place.read("small.pt") == by_run);
}

TEST_CASE("the small model alone can be asked for, with options", "[pipeline]") {
  ChannelMasks place("group");
  place.json["output"] = {
      {"compact", {{"path", "small.pt"}, {"keep_modules", false}, {"gather", "off"}}}};
  run(place.config(), {});
  CHECK_FALSE(std::filesystem::exists(place / "masked.pt"));
  auto small = load_model(place / "small.pt");
  CHECK_FALSE(small.attr("conv2").toModule().find_method("forward"));
  place.json["output"]["compact"]["keep_modules"] = true;
  run(place.config(), {});
  auto conv = load_model(place / "small.pt").attr("conv2").toModule();
  CHECK(conv.forward({normal({1, 8, 8, 8}, 1)}).toTensor().dim() == 4);
}

TEST_CASE("a run whose masks are all one has a small model, too", "[pipeline]") {
  ChannelMasks place("none");
  place.json["output"]["compact"] = "small.pt";
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0;
  const Report report = run(place.config(), {});
  CHECK(report.compact->parameters.after == report.compact->parameters.before);
  REQUIRE_FALSE(report.compact->warnings.empty());
  CHECK(contains(report.compact->warnings.front(), "no layer has a whole channel masked"));
}

TEST_CASE("a dry run tells the small model's size", "[pipeline]") {
  ChannelMasks place("group");
  place.json["output"]["compact"] = "small.pt";
  const auto dry = dry_run(place.config(), {});
  CHECK_FALSE(std::filesystem::exists(place / "small.pt"));
  run(place.config(), {});
  CHECK(dry.dry_run->small_bytes ==
        Approx(std::filesystem::file_size(place / "small.pt")).epsilon(0.01));
}

TEST_CASE("apply's small model is no other file of its", "[pipeline]") {
  const ChannelMasks place("none");
  run(place.config(), {});
  const auto refused = [&](const std::string& small) {
    return error_of([&] {
      apply({place / "model.pt", place / "state.pt", place / "applied.pt", place / small}, {});
    });
  };
  CHECK(refused("applied.pt").kind() == ErrorKind::Usage);
  CHECK(contains(refused("state.pt").what(), "--compact"));
}

TEST_CASE("a flattened plane is one channel to align: all that is masked goes", "[pipeline]") {
  const ChannelMasks place("group");
  run(place.config(), {});
  const auto report = compact_masked(place);
  CHECK(report.layers[1].layer == "fc");
  CHECK(report.layers[1].masked == report.layers[1].total / 2);
  CHECK(report.layers[1].removed == report.layers[1].masked);
}

TEST_CASE("aligned masks are the same in steps, from shards and in one run", "[pipeline]") {
  const ChannelMasks place("group");
  run(place.config(), {});
  calibrate(place.config(), place / "c.pt", {});
  step(place / "c.pt", nullptr, place / "s.pt");
  apply({place / "model.pt", place / "s.pt", place / "applied.pt"}, {});
  CHECK(place.read("applied.pt") == place.read("masked.pt"));
  for (const int64_t shard : {1, 2}) {
    RunOptions options;
    options.shard = {shard, 2};
    calibrate(place.config(), place / ("shard" + std::to_string(shard) + ".pt"), options);
  }
  merge({place / "shard1.pt", place / "shard2.pt"}, place / "merged.pt");
  CHECK(place.read("merged.pt") == place.read("c.pt"));
}

TEST_CASE("a state that was not calibrated with align cannot be aligned later", "[pipeline]") {
  ChannelMasks place("none");
  calibrate(place.config(), place / "c.pt", {});
  place.json["defaults"]["align"] = "group";
  const Config aligned = place.config();
  const Error error = error_of([&] { step(place / "c.pt", &aligned, place / "s.pt"); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "calibrate with align"));
}

TEST_CASE("align needs scores per channel", "[pipeline]") {
  ChannelMasks place("group");
  place.json["layers"] = {{{"name", "conv2"}, {"reduce_fn", {{"name", "mean"}, {"dim", {0, 1}}}}}};
  CHECK(contains(error_of([&] { run(place.config(), {}); }).what(), "align needs a score"));
  place.json["layers"][0]["reduce_fn"] = "identity";
  place.json["layers"][0]["mask_fn"] = "threshold";
  place.json["layers"][0]["sparse_config"] = {{"threshold", 0.5}, {"sparsity_level", nullptr}};
  const Error error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "layers.0: mask_fn 'threshold' cannot be aligned"));
}

TEST_CASE("compact refuses a model without masks, and its input as output", "[pipeline]") {
  const ChannelMasks place("none");
  run(place.config(), {});
  const Config config = place.config();
  const auto refused = [&](const std::string& model, const std::string& small) {
    return error_of([&] {
      compact({place / model, place / small, {"forward", config.data, {}}}, {});
    });
  };
  const Error unmasked = refused("model.pt", "small.pt");
  CHECK(unmasked.kind() == ErrorKind::Model);
  CHECK(contains(unmasked.what(), "there is no mask in the model"));
  CHECK_FALSE(std::filesystem::exists(place / "small.pt"));
  CHECK(refused("masked.pt", "masked.pt").kind() == ErrorKind::Usage);
}

TEST_CASE("a difference beyond the tolerance leaves no file", "[pipeline]") {
  const ChannelMasks place("group");
  run(place.config(), {});
  const Config config = place.config();
  const Error error = error_of([&] {
    compact({place / "masked.pt", place / "small.pt", {"forward", config.data, {-1}}}, {});
  });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "--tolerance"));
  CHECK_FALSE(std::filesystem::exists(place / "small.pt"));
}

TEST_CASE("masks without whole channels are told of", "[pipeline]") {
  Workplace place;
  place.json["layers"] = {{{"name", "conv1"}}};
  run(place.config(), {});
  const auto report = compact_masked(place);
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "no layer has a whole channel masked"));
}

TEST_CASE("where much of what is masked stays, the report says why", "[pipeline]") {
  ChannelMasks place("none");
  place.json["output"]["compact"] = "small.pt";
  const auto report = run(place.config(), {});
  REQUIRE(report.compact->warnings.size() == 1);
  const std::string& warning = report.compact->warnings[0];
  CHECK(contains(warning, "masked channels ("));
  CHECK(contains(warning, "kept most often: "));
  CHECK(contains(warning, " the rest of its plane is not masked"));
  place.json["defaults"]["align"] = "group";
  CHECK(run(place.config(), {}).compact->warnings.empty());
}

TEST_CASE("inspect shows which channels belong together", "[pipeline]") {
  const ChannelMasks place("none");
  const auto found = inspect_groups(place / "model.pt", place.config(), {});
  REQUIRE(found.sets.size() == 2);
  CHECK(found.sets[0].readers.at(0).layer == "conv2");
  CHECK(found.sets[0].classes == 16);
  CHECK(found.sets[1].readers.at(0).layer == "fc");
  CHECK(found.sets[1].classes == 32);
  CHECK(found.sets[1].largest == 4);
}

// One graph without calls has the layer's code 64 times.
TEST_CASE("a small model that takes more bytes is warned of, whatever command writes it",
          "[pipeline]") {
  Workplace place(often_called(6), {"inner.inner.inner.inner.inner.inner"});
  place.json["defaults"] = {{"aggregate_fn", {{"name", "abs_mean"}, {"except_dim", {-1}}}},
                            {"reduce_fn", "identity"},
                            {"mask_fn", "magnitude"},
                            {"sparse_config", {{"sparsity_level", 0.5}}}};
  place.json["output"]["compact"] = {{"path", "small.pt"}, {"keep_modules", false}};
  const Report ran = run(place.config(), {});
  REQUIRE(ran.compact);
  CHECK(warns_of_growth(*ran.compact));
  ApplyRequest request{place / "model.pt", place / "state.pt", place / "applied.pt",
                       place / "applied_small.pt"};
  request.config = place.config();
  request.data = request.config->data;
  const Report applied = apply(request, {});
  REQUIRE(applied.compact);
  CHECK(warns_of_growth(*applied.compact));
  CHECK(warns_of_growth(compact_masked(place, "again.pt", {1e-5, "auto", /*keep_modules=*/false})));
}
