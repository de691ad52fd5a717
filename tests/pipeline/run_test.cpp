#include <ATen/ops/zeros.h>

#include "base/digest.h"
#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using Names = std::vector<std::string>;

namespace {

std::string digest(const Workplace& place) {
  return digest_of_file(place / "model.pt", ErrorKind::Model);
}

at::Tensor mask_in(const Workplace& place, size_t layer) {
  return std::get<at::Tensor>(
      mask_of(read_state(place / "state.pt").layers.at(layer).gate.value()));
}

}  // namespace

TEST_CASE("run writes model, state and report, and leaves the user's model file alone",
          "[pipeline]") {
  const Workplace place;
  const std::string before = digest(place);
  const Report report = run(place.config(), {});
  CHECK(place.names() == Names{"masked.pt", "model.pt", "report.json", "state.pt"});
  CHECK(digest(place) == before);
  CHECK(report.origin.model_digest == before);
  CHECK(report.origin.batches == 2);
  CHECK(report.origin.samples == 64);
  REQUIRE(report.layers.size() == 2);
  CHECK(report.layers[1].name == "fc");
  CHECK(report.layers[1].calls == 2);
  CHECK(report.layers[1].mask->kept == 64);
  REQUIRE(report.verification);
  CHECK(report.verification->layers == 2);
  CHECK(report.timing.total_seconds >= report.timing.calibrate_seconds);
  CHECK(nlohmann::ordered_json::parse(place.read("report.json")) == to_json(report));
}

TEST_CASE("The masked layer sees input * mask, and the mask is the state's", "[pipeline]") {
  const Workplace place(chain(), {"b"});
  run(place.config(), {});
  const at::Tensor x = normal({3, 4}, 5);
  const auto masked = load_model(place / "masked.pt", "cpu");
  const at::Tensor expected = x.mul(2).relu().mul(mask_in(place, 0)).mul(3);
  CHECK(bit_equal(run_forward(masked, x), expected));
  CHECK(mask_in(place, 0).sum().item<double>() == 2);
}

// The batch is the layer's second dimension, which reducing over the first one keeps.
TEST_CASE("A mask that is bound to the batch size is found where step cannot know it",
          "[pipeline]") {
  const auto turned = make_module("Turned",
                                  "def forward(self, x: Tensor) -> Tensor:\n"
                                  "  return self.a.forward(x.t())\n",
                                  {{"a", scale(2)}});
  const Workplace place(turned, {"a"});
  const Error error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "a mask holds the batch's size"));
  CHECK(place.names() == Names{"model.pt"});
}

TEST_CASE("A model that itself takes one batch size only is masked all the same", "[pipeline]") {
  const auto fixed = make_module("Fixed",
                                 "def forward(self, x: Tensor) -> Tensor:\n"
                                 "  return self.a.forward(x.view([4, 4]))\n",
                                 {{"a", scale(2)}});
  const Workplace place(fixed, {"a"});
  CHECK(run(place.config(), {}).verification->layers == 1);
}

TEST_CASE("Outputs that the config does not name are not written", "[pipeline]") {
  Workplace place(chain(), {"a"});
  place.json["output"] = {{"state", "state.pt"}};
  const Report report = run(place.config(), {});
  CHECK(place.names() == Names{"model.pt", "state.pt"});
  CHECK_FALSE(report.verification);
  CHECK(report.outputs.size() == 1);
}

TEST_CASE("A model that changes its own buffers is saved as it was before calibration",
          "[pipeline]") {
  const Workplace place(counting(), {"counter"});
  run(place.config(), {});
  const auto masked = load_model(place / "masked.pt", "cpu");
  const auto counter = masked.attr("counter").toModule();
  CHECK(bit_equal(counter.attr("calls").toTensor(), at::zeros({1})));
  CHECK(bit_equal(counter.attr("total").toTensor(), at::zeros({1})));
  CHECK(counter.attr("number").toInt() == 0);
}

TEST_CASE("Dropout in train mode is drawn anew for each seed, and the same for the same",
          "[pipeline]") {
  Workplace place(with_dropout(), {"fc"});
  place.json["model"]["mode"] = "train";
  place.json["run"] = {{"seed", 7}};
  const auto aggregate = [&] {
    calibrate(place.config(), place / "state.pt", {});
    return std::get<at::Tensor>(*read_state(place / "state.pt").layers.at(0).data());
  };
  const at::Tensor first = aggregate();
  CHECK(first.eq(0).any().item<bool>());  // dropped in both batches
  CHECK(bit_equal(aggregate(), first));
  run(place.config(), {});
  const std::string state = place.read("state.pt");
  run(place.config(), {});
  CHECK(place.read("state.pt") == state);
  place.json["run"]["seed"] = 8;
  CHECK_FALSE(bit_equal(aggregate(), first));
}

TEST_CASE("A failure after the model was written leaves no output in place", "[pipeline]") {
  Workplace place(with_dropout(), {"fc"});
  std::filesystem::create_directory(place / "out");
  place.json["output"] = {{"model", "masked.pt"}, {"report", "out/report.json"}};
  const Config config = place.config();
  RunOptions options;  // the report's folder vanishes while the model runs
  options.progress = [&](const Progress&) { std::filesystem::remove(place / "out"); };
  CHECK(error_of([&] { run(config, options); }).kind() == ErrorKind::Output);
  CHECK(place.names() == Names{"model.pt"});
}

TEST_CASE("A ragged last batch is refused before the model is loaded", "[pipeline]") {
  Workplace place;
  place.json["model"]["path"] = "absent.pt";
  place.json["data"]["batch_size"] = 60;
  const Error error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "4 samples, the others 60"));
}

TEST_CASE("A function of a layer that is never reached is looked up all the same", "[pipeline]") {
  Workplace place;
  place.json["model"]["path"] = "absent.pt";
  place.json["layers"].push_back(
      {{"match", "none.*"}, {"optional", true}, {"mask_fn", "magnitud"}});
  const Error error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "layers.2.mask_fn"));
}

TEST_CASE("A fast run says which way it ran and how far apart the two were", "[pipeline]") {
  Workplace place;
  place.json["run"] = {{"precision", "fast"}};
  const Report report = run(place.config(), {});
  REQUIRE(report.precision);
  CHECK(report.precision->ran == "fast");
  CHECK(report.precision->reason == "");
  CHECK(*report.precision->max_difference < 1e-3);
  CHECK(report.layers[0].calls == 2);
  CHECK(report.verification->layers == 2);
  place.json["run"]["precision"] = "exact";
  CHECK(run(place.config(), {}).precision->ran == "exact");
}

TEST_CASE("A fast run that cannot be falls back, with a warning", "[pipeline]") {
  Workplace place;
  place.json["run"] = {{"precision", "fast"}};
  place.json["model"]["mode"] = "train";
  const Report report = run(place.config(), {});
  CHECK(report.precision->requested == "fast");
  CHECK(report.precision->ran == "exact");
  CHECK(contains(report.precision->reason, "train"));
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "fell back to \"exact\""));
  CHECK(report.layers[0].calls == 2);
}
