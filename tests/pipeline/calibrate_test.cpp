#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using Names = std::vector<std::string>;

TEST_CASE("calibrate writes the aggregates and where they come from", "[pipeline]") {
  const Workplace place;
  const Report report = calibrate(place.config(), place / "c.pt", {});
  CHECK(place.names() == Names{"c.pt", "model.pt"});
  CHECK(report.command == "calibrate");
  CHECK_FALSE(report.layers.at(0).mask);
  const StateDict state = read_state(place / "c.pt");
  CHECK(state.layers.at(0).hook_state == HookState::Aggregate);
  CHECK(std::get<at::Tensor>(*state.layers[0].data()).sizes() == at::IntArrayRef{32, 1, 8, 8});
  CHECK(state.meta.model == "model.pt");
  CHECK(state.meta.model_digest == report.origin.model_digest);
  CHECK(state.meta.data_digest == report.origin.data_digest);
  CHECK(state.meta.batches == 2);
  REQUIRE(state.meta.arguments.size() == 1);
  CHECK(state.meta.arguments[0].shape == std::vector<int64_t>{32, 1, 8, 8});
}

TEST_CASE("Where results go does not change the config's digest, what is computed does",
          "[pipeline]") {
  Workplace place(chain(), {"a"});
  const auto digest = [&] {
    calibrate(place.config(), place / "c.pt", {});
    return read_state(place / "c.pt").meta.config_digest;
  };
  const std::string first = digest();
  place.json["output"]["model"] = "elsewhere.pt";
  CHECK(digest() == first);
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0.25;
  CHECK(digest() != first);
}

TEST_CASE("Progress is told after every batch", "[pipeline]") {
  const Workplace place;
  std::vector<Progress> told;
  RunOptions options;
  options.progress = [&](const Progress& progress) { told.push_back(progress); };
  const Report report = calibrate(place.config(), place / "c.pt", options);
  REQUIRE(told.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(told[i].batch == static_cast<int64_t>(i) + 1);
    CHECK(told[i].batches == 2);
    CHECK(told[i].samples == 32 * told[i].batch);
  }
  CHECK(told[0].seconds > 0);
  CHECK(told[1].seconds >= told[0].seconds);
  CHECK(report.timing.calibrate_seconds == told[1].seconds);
}

TEST_CASE("An interruption ends the run after the batch at hand and leaves a checkpoint only",
          "[pipeline]") {
  const Workplace place;
  std::atomic<bool> interrupted{false};
  int64_t batches = 0;
  RunOptions options;
  options.interrupted = &interrupted;
  options.progress = [&](const Progress& progress) {
    batches = progress.batch;
    interrupted = true;
  };
  const auto check = [&](const Error& error) {
    CHECK(error.kind() == ErrorKind::Interrupted);
    CHECK(contains(error.what(), "after batch 1 of 2"));
    CHECK(batches == 1);
  };
  check(error_of([&] { calibrate(place.config(), place / "c.pt", options); }));
  CHECK(place.names() == Names{"c.pt.checkpoint", "model.pt"});
  check(error_of([&] { run(place.config(), options); }));
  CHECK(place.names() == Names{"c.pt.checkpoint", "model.pt", "state.pt.checkpoint"});
}

TEST_CASE("A layer that is never called is an error, or left out where it is optional",
          "[pipeline]") {
  const auto unused = make_module("Unused",
                                  "def forward(self, x: Tensor) -> Tensor:\n"
                                  "  if x.size(0) > 100:\n"
                                  "    x = self.b.forward(x)\n"
                                  "  return self.a.forward(x)\n",
                                  {{"a", scale(2)}, {"b", scale(3)}});
  Workplace place(unused, {"a", "b"});
  const Error error = error_of([&] { calibrate(place.config(), place / "c.pt", {}); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(),
                 "never called in this calibration: 'b' (called only under 'if x.size(0) > 100'"));
  place.json["layers"][1]["optional"] = true;
  const Report report = calibrate(place.config(), place / "c.pt", {});
  CHECK(report.layers.size() == 1);
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "'b'"));
}

TEST_CASE("A state may not replace what the config reads", "[pipeline]") {
  const Workplace place;
  const std::string model = place.read("model.pt");
  const Error error = error_of([&] { calibrate(place.config(), place / "model.pt", {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "--state"));
  CHECK(place.read("model.pt") == model);
}

TEST_CASE("An optional layer without a forward is left out with a warning", "[pipeline]") {
  const auto bare = make_module("Bare", "def encode(self, x: Tensor) -> Tensor:\n  return x\n");
  const auto model = make_module(
      "Model", "def forward(self, x: Tensor) -> Tensor:\n  return self.used.forward(x)\n",
      {{"used", make_module("Used", "def forward(self, x: Tensor) -> Tensor:\n  return x\n")},
       {"bare", bare}});
  Workplace place(model, {"used", "bare"});
  const Error error = error_of([&] { calibrate(place.config(), place / "c.pt", {}); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "layer 'bare' has no forward method"));
  place.json["layers"][1]["optional"] = true;
  const Report report = calibrate(place.config(), place / "c.pt", {});
  CHECK(report.layers.size() == 1);
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "layer 'bare': never called (it has no forward"));
}

namespace {

// forward(x): a(x), and b of none of its rows.
torch::jit::Module with_idle_expert() {
  return make_module("Model",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.a.forward(x) + self.b.forward(x[:0]).sum()\n",
                     {{"a", scale(2)}, {"b", scale(3)}});
}

}  // namespace

TEST_CASE("A layer that got empty tensors only is told and left unmasked", "[pipeline]") {
  const Workplace place(with_idle_expert(), {"a", "b"});
  const std::string told = "layer 'b': called with empty tensors only (";
  const Report tried = dry_run(place.config(), {});
  REQUIRE(tried.warnings.size() == 1);
  CHECK(contains(tried.warnings[0], told + "1 calls); left unmasked unless a later batch"));
  const Report report = run(place.config(), {});
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0] == told + "2 calls); left unmasked");
  REQUIRE(report.layers.size() == 1);
  CHECK(report.layers[0].name == "a");
}

TEST_CASE("Shards keep a layer that got empty tensors only, and the merged state does not",
          "[pipeline]") {
  const Workplace place(with_idle_expert(), {"a", "b"});
  for (int64_t shard = 1; shard <= 2; ++shard) {
    RunOptions options;
    options.shard = {shard, 2};
    calibrate(place.config(), place / ("c" + std::to_string(shard) + ".pt"), options);
  }
  CHECK(read_state(place / "c1.pt").layers.at(1).empty_calls == 1);
  const Report merged = merge({place / "c1.pt", place / "c2.pt"}, place / "c.pt");
  CHECK(merged.layers.size() == 1);
  REQUIRE(merged.warnings.size() == 1);
  CHECK(merged.warnings[0] == "layer 'b': called with empty tensors only in all batches; left out");
}
