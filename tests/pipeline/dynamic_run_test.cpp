// Gates that look at their input, through the commands.
#include <algorithm>

#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "report/report.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

/// digits_cnn, its convolution conv2 and its classifier gated at 40 % of what enters them.
struct GatedDigits : Workplace {
  explicit GatedDigits(const nlohmann::json& reduce = "identity") {
    json["defaults"] = {{"aggregate_fn", {{"name", "histogram"}, {"except_dim", {1}}}},
                        {"reduce_fn", reduce},
                        {"mask_fn", {{"name", "quantile"}, {"dynamic", true}}},
                        {"sparse_config", {{"q", 0.4}}}};
    json["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
  }
  Error run_error() const {
    return error_of([&] { run(config(), {}); });
  }
};

const nlohmann::json kWeighted = {{"name", "weighted"}, {"norm", 2}};

const std::vector<ZeroCounts>& zeros_of(const EvaluationReport& report) {
  return report.candidates.at(0).judgement.zeros;
}

EvaluationReport evaluated(const Workplace& place, const RunOptions& options = {},
                           const std::string& state = "") {
  EvaluateRequest request{place.config(), {place / "masked.pt"}};
  if (!state.empty()) request.state_out = place / state;
  return evaluate(request, options);
}

bool says(const std::vector<std::string>& warnings, const std::string& what) {
  return std::any_of(warnings.begin(), warnings.end(),
                     [&](const auto& warning) { return contains(warning, what); });
}

}  // namespace

TEST_CASE("a run with a dynamic mask_fn writes gates, verified and reported", "[pipeline]") {
  for (const auto& reduce : {nlohmann::json("identity"), kWeighted}) {
    const GatedDigits place(reduce);
    const Report report = run(place.config(), {});
    CHECK(report.verification->layers == 2);
    for (const auto& layer : report.layers) {
      REQUIRE(layer.gate);
      CHECK(layer.requested == 0.4);
      CHECK(layer.gate->has_factors == (reduce == kWeighted));
      CHECK(layer.gate->dropped.value() == Approx(0.4).margin(1e-4));
    }
    const auto document = to_json(report);
    CHECK(to_json(report_from_json(document)) == document);
    CHECK(document["layers"][0]["mask_shape"].is_null());
    CHECK(document["layers"][0]["gate"]["weighted"] == (reduce == kWeighted));
    const auto layer = load_model(place / "masked.pt").attr("fc").toModule();
    CHECK(layer.attr("activation_threshold").toTensor().item<double>() ==
          report.layers[1].gate->threshold);
  }
}

TEST_CASE("step chooses another q from a calibrated state, and apply makes its model",
          "[pipeline]") {
  GatedDigits place(kWeighted);
  calibrate(place.config(), place / "c.pt", {});
  place.json["defaults"]["sparse_config"]["q"] = 0.6;
  const Config config = place.config();
  const Report stepped = step(place / "c.pt", &config, place / "s.pt");
  const Report ran = run(config, {});
  CHECK(to_json(stepped)["layers"] == to_json(ran)["layers"]);
  apply({place / "model.pt", place / "s.pt", place / "applied.pt"}, {});
  CHECK(saved(load_model(place / "applied.pt")) == saved(load_model(place / "masked.pt")));
  place.json["defaults"]["reduce_fn"] = {{"name", "weighted"}};
  const Config other = place.config();
  const Error error = error_of([&] { step(place / "c.pt", &other, place / "o.pt"); });
  CHECK(error.kind() == ErrorKind::State);
}

TEST_CASE("evaluate counts the zeros that really enter, whatever the batches", "[pipeline]") {
  GatedDigits place;
  run(place.config(), {});
  const EvaluationReport report = evaluated(place);
  REQUIRE(zeros_of(report).size() == 2);
  CHECK(zeros_of(report)[0].layer == "conv2");
  CHECK(zeros_of(report)[1].layer == "fc");
  // On the calibration data it is what the histogram says; what ReLU gives 0 is within a bin.
  CHECK(zeros_of(report)[1].share() == Approx(0.4).margin(0.2));
  CHECK(zeros_of(report)[1].elements == 64 * 128);
  const auto whole = to_json(report)["candidates"][0]["input_sparsity"];
  CHECK(whole[1]["sparsity"] == zeros_of(report)[1].share());
  place.json["data"]["batch_size"] = 7;
  CHECK(to_json(evaluated(place))["candidates"][0]["input_sparsity"] == whole);
  EvaluationReport back;
  from_json(to_json(report), back);
  CHECK(to_json(back) == to_json(report));
}

TEST_CASE("shards of an evaluation add up to the zeros of the whole", "[pipeline]") {
  const GatedDigits place;
  run(place.config(), {});
  RunOptions first, second;
  first.shard = {1, 2};
  second.shard = {2, 2};
  evaluated(place, first, "1.pt");
  evaluated(place, second, "2.pt");
  const auto merged = merge_evaluations({place / "1.pt", place / "2.pt"}, place / "all.pt");
  CHECK(to_json(merged)["candidates"] == to_json(evaluated(place))["candidates"]);
}

TEST_CASE("the small model keeps the gates, and the report says why", "[pipeline]") {
  GatedDigits place;
  place.json["output"]["compact"] = "small.pt";
  const Report report = run(place.config(), {});
  REQUIRE(report.compact);
  REQUIRE(report.compact->layers.size() == 2);
  for (const auto& layer : report.compact->layers) CHECK(layer.looks_at_input);
  CHECK(says(report.compact->warnings, "look at their input"));
  const auto document = to_json(report);
  CHECK(to_json(report_from_json(document)) == document);
  const auto& candidates = report.evaluation->candidates;
  REQUIRE(candidates.size() == 2);
  CHECK(candidates[1].judgement.zeros.size() == 2);
}

TEST_CASE("apply --fold leaves gates, with the reason", "[pipeline]") {
  const GatedDigits place;
  run(place.config(), {});
  ApplyRequest request{place / "model.pt", place / "state.pt", place / "folded.pt"};
  request.form = MaskForm::Weights;
  const Report report = apply(request, {});
  CHECK(says(report.warnings, "its gate looks at the input"));
  CHECK(report.verification->layers == 2);
}

TEST_CASE("repair, search and sensitivity refuse dynamic masks before anything runs",
          "[pipeline]") {
  GatedDigits place;
  place.json["repair"] = "linear";
  CHECK(place.run_error().kind() == ErrorKind::Config);
  CHECK(contains(place.run_error().what(), "layers.0: mask_fn 'quantile' is dynamic"));
  place.json.erase("repair");
  place.json["search"] = {{"budget", {{"macs", 0.5}}}};
  const Config config = place.config();
  for (const Error& error :
       {error_of([&] { search(config, {}, {}); }), error_of([&] { sensitivity(config, {}); })}) {
    CHECK(error.kind() == ErrorKind::Config);
    CHECK(contains(error.what(), "is for masks that are the same for every input"));
  }
  place.json.erase("search");
  run(place.config(), {});
  place.json["repair"] = {{"method", "linear"}, {"holdout", 0.5}};
  place.json["defaults"]["mask_fn"] = "quantile";
  ApplyRequest request{place / "model.pt", place / "state.pt", place / "repaired.pt"};
  request.config = place.config();
  request.repair = true;
  const Error error = error_of([&] { apply(request, {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "layer 'conv2': mask_fn 'quantile' is dynamic"));
}

TEST_CASE("what does not go with dynamic is told where it stands", "[pipeline]") {
  GatedDigits place;
  place.json["layers"][1]["aggregate_fn"] = "sum";
  CHECK(contains(place.run_error().what(), "layers.1: mask_fn 'quantile' is dynamic"));
  place.json["layers"][1] = {{"name", "fc"}, {"align", "group"}};
  CHECK(contains(place.run_error().what(), "layers.1: mask_fn 'quantile' is dynamic"));
}
