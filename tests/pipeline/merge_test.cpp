#include <ATen/ops/allclose.h>

#include <algorithm>
#include <fstream>

#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// The first 60 images in batches of 8: the last one is smaller.
struct StreamingPlace : Workplace {
  explicit StreamingPlace(const nlohmann::json& aggregate_fn = {{"name", "std"},
                                                                {"except_dim", {1}}}) {
    json["data"]["batch_size"] = 8;
    json["data"]["limit"] = 60;
    json["defaults"]["aggregate_fn"] = aggregate_fn;
    json["defaults"]["reduce_fn"] = "identity";
  }
};

fs::path calibrated(const Workplace& place, const std::string& name, const Shard& shard = {}) {
  RunOptions options;
  options.shard = shard;
  calibrate(place.config(), place / name, options);
  return place / name;
}

std::vector<fs::path> shards(const Workplace& place, int64_t count) {
  std::vector<fs::path> paths;
  for (int64_t i = 1; i <= count; ++i)
    paths.push_back(calibrated(place, "s" + std::to_string(i) + ".pt", {i, count}));
  return paths;
}

Error refusal(const std::vector<fs::path>& states, const Workplace& place) {
  return error_of([&] { merge(states, place / "refused.pt"); });
}

}  // namespace

TEST_CASE("Merged shards are the state of one run, byte for byte", "[pipeline]") {
  for (const json& aggregate_fn : {json{{"name", "std"}, {"except_dim", {1}}},
                                   json{{"name", "histogram"}, {"except_dim", {1}}},
                                   json{{"name", "abs_max"}, {"except_dim", {1}}},
                                   json{{"name", "nonzero"}, {"except_dim", {1}}}}) {
    INFO(aggregate_fn);
    const StreamingPlace place(aggregate_fn);
    calibrated(place, "whole.pt");
    for (const int64_t count : {2, 3, 10}) {  // of 10 shards 2 have no batch
      auto paths = shards(place, count);
      std::reverse(paths.begin(), paths.end());
      const Report report = merge(paths, place / "merged.pt");
      CHECK(report.warnings.empty());
      CHECK(report.origin.batches == 8);
      CHECK(report.origin.samples == 60);
      CHECK(place.read("merged.pt") == place.read("whole.pt"));
    }
    const auto paths = shards(place, 4);  // in two steps
    merge({paths[2], paths[0]}, place / "even.pt");
    merge({paths[1], paths[3]}, place / "odd.pt");
    merge({place / "odd.pt", place / "even.pt"}, place / "merged.pt");
    CHECK(place.read("merged.pt") == place.read("whole.pt"));
  }
}

TEST_CASE("Merged elementwise sums differ from one run's by rounding", "[pipeline]") {
  StreamingPlace place("abs_mean");
  place.json["data"]["limit"] = 64;
  calibrated(place, "whole.pt");
  merge(shards(place, 3), place / "merged.pt");
  const auto whole = read_state(place / "whole.pt"), merged = read_state(place / "merged.pt");
  for (size_t i = 0; i < whole.layers.size(); ++i) {
    CHECK(merged.layers[i].calls == whole.layers[i].calls);
    CHECK(at::allclose(std::get<at::Tensor>(*merged.layers[i].data()),
                       std::get<at::Tensor>(*whole.layers[i].data()), 1e-6, 1e-6));
  }
}

TEST_CASE("What is missing is told", "[pipeline]") {
  const StreamingPlace place;
  const auto paths = shards(place, 4);
  const Report report = merge({paths[0], paths[3]}, place / "half.pt");
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0] == "not merged yet: batches 2, 3, 6, 7 of 8");
  CHECK(report.origin.batches == 4);
}

TEST_CASE("States that do not belong together are refused", "[pipeline]") {
  StreamingPlace place;
  const auto paths = shards(place, 2);
  const auto check = [&](const std::vector<fs::path>& states, const std::string& why) {
    INFO(why);
    const Error error = refusal(states, place);
    CHECK(error.kind() == ErrorKind::State);
    CHECK(contains(error.what(), why));
    CHECK_FALSE(fs::exists(place / "refused.pt"));
  };
  check({paths[0], paths[0]}, "both have seen batch 1");
  check({paths[0], calibrated(place, "whole.pt")}, "both have seen batch 1");
  place.json["run"]["seed"] = 7;
  check({paths[0], calibrated(place, "o.pt", {2, 2})}, "the config differs");
  place.json.erase("run");
  place.json["data"]["limit"] = 32;
  check({paths[0], calibrated(place, "o.pt", {2, 2})}, "the config differs");
  place.json["data"]["limit"] = 60;
  StateDict state = read_state(shards(place, 2)[1]);
  state.meta.data_digest = "0";
  std::ofstream other(place / "other.pt");
  write_state(state, other);
  other.close();
  check({place / "s1.pt", place / "other.pt"}, "the data differs");
  calibrated(place, "whole.pt");
  step(place / "whole.pt", nullptr, place / "stepped.pt");
  check({place / "stepped.pt"}, "was stepped");
  CHECK(error_of([&] { merge({place / "s1.pt"}, place / "s1.pt"); }).kind() == ErrorKind::Usage);
}

TEST_CASE("A user's aggregate is merged as it says, or not at all", "[pipeline]") {
  StreamingPlace place("total");
  place.json["data"]["limit"] = 64;
  write_file(place / "f.py",
             "def total(acc: Tensor, x: Tensor) -> Tensor:\n  return acc + x.abs()\n"
             "def join(acc: Tensor, other: Tensor) -> Tensor:\n  return acc + other\n"
             "def one(acc: Tensor) -> Tensor:\n  return acc\n");
  place.json["functions"] = {"f.py"};
  const Error error = refusal(shards(place, 2), place);
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "'total' cannot be merged: give it a \"merge_fn\""));
  for (const json& how : {json{{"name", "total"}, {"merge_fn", "join"}},
                          json{{"name", "total"}, {"associative", true}}}) {
    INFO(how);
    place.json["defaults"]["aggregate_fn"] = how;
    calibrated(place, "whole.pt");
    merge(shards(place, 2), place / "merged.pt");
    const auto whole = read_state(place / "whole.pt"), merged = read_state(place / "merged.pt");
    CHECK(at::allclose(std::get<at::Tensor>(*merged.layers[0].data()),
                       std::get<at::Tensor>(*whole.layers[0].data()), 1e-6, 1e-6));
  }
  place.json["defaults"]["aggregate_fn"] = {{"name", "total"}, {"merge_fn", "one"}};
  const Error wrong = error_of([&] { calibrate(place.config(), place / "c.pt", {}); });
  CHECK(wrong.kind() == ErrorKind::Config);
  CHECK(contains(wrong.what(), "merge_fn: found 'one'"));
}

TEST_CASE("A layer that only some shards call is merged, one that none calls left out",
          "[pipeline]") {
  const auto model = make_module("Branching",
                                 "def forward(self, x: Tensor) -> Tensor:\n"
                                 "  if bool(x[0, 0] > 0):\n"
                                 "    x = self.b.forward(x)\n"
                                 "  if bool(x[0, 0] > 100):\n"
                                 "    x = self.c.forward(x)\n"
                                 "  return self.a.forward(x)\n",
                                 {{"a", scale(2)}, {"b", scale(3)}, {"c", scale(4)}});
  Workplace place(model, {"a", "b", "c"});
  place.json["data"]["batch_size"] = 1;
  place.json["layers"][2]["optional"] = true;
  place.json["defaults"]["aggregate_fn"] = {{"name", "mean"}, {"except_dim", {1}}};
  place.json["defaults"]["reduce_fn"] = "identity";
  calibrated(place, "whole.pt");
  const Report report = merge(shards(place, 8), place / "merged.pt");
  CHECK(report.layers.size() == 2);
  CHECK(report.warnings ==
        std::vector<std::string>{"layer 'c': never called in any batch; left out"});
  CHECK(place.read("merged.pt") == place.read("whole.pt"));
}

TEST_CASE("A shard of a model that writes into itself warns; the whole does not", "[pipeline]") {
  const Workplace place(counting(), {"counter"});
  RunOptions options;
  CHECK(calibrate(place.config(), place / "whole.pt", options).warnings.empty());
  options.shard = {2, 2};
  const Report report = calibrate(place.config(), place / "shard.pt", options);
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "the model writes into itself ("));
  CHECK(contains(report.warnings[0], "'counter.total'"));
}
