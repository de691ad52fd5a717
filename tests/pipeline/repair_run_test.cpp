// Repair, from a config to files.
#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

// digits_cnn, half of its channels masked, on eight batches.
struct Digits : Workplace {
  Digits() {
    json["data"]["batch_size"] = 8;
    json["defaults"]["sparse_config"]["sparsity_level"] = 0.5;
    json["repair"] = "linear";
    json["output"]["compact"] = "small.pt";
  }
};

double relative_error(const Report& report, size_t candidate) {
  for (const auto& metric : report.evaluation->candidates.at(candidate).judgement.metrics)
    if (metric.name == "relative_error") return metric.value;
  FAIL("there is no relative error");
  return 0;
}

}  // namespace

TEST_CASE("run repairs what it masks, and the small model carries it", "[pipeline]") {
  Digits place;
  const Report repaired = run(place.config(), {});
  REQUIRE(repaired.repair);
  CHECK(repaired.repair->batches == 8);
  CHECK(repaired.repair->held_out == 1);
  CHECK(!repaired.repair->layers.empty());
  REQUIRE(repaired.verification);
  REQUIRE(repaired.compact);
  place.json["repair"] = "none";
  const Report masked = run(place.config(), {});
  CHECK_FALSE(masked.repair);
  CHECK(relative_error(repaired, 0) < relative_error(masked, 0));
  CHECK(relative_error(repaired, 1) == Approx(relative_error(repaired, 0)).epsilon(1e-4));
}

TEST_CASE("a repair of none changes no byte, and repairs are the same each time", "[pipeline]") {
  Digits place;
  place.json.erase("repair");
  run(place.config(), {});
  const auto plain = place.read("masked.pt");
  place.json["repair"] = "none";
  run(place.config(), {});
  CHECK(place.read("masked.pt") == plain);
  place.json["repair"] = {{"method", "linear"}, {"tune", {{"steps", 3}, {"batch_size", 8}}}};
  run(place.config(), {});
  const auto repaired = place.read("masked.pt");
  CHECK(repaired != plain);
  run(place.config(), {});
  CHECK(place.read("masked.pt") == repaired);
}

TEST_CASE("apply repairs a stepped state as run does", "[pipeline]") {
  Digits place;
  run(place.config(), {});
  ApplyRequest request{place / "model.pt", place / "state.pt", place / "again.pt"};
  request.config = place.config();
  request.data = request.config->data;
  request.repair = true;
  const Report report = apply(request, {});
  REQUIRE(report.repair);
  CHECK(place.read("again.pt") == place.read("masked.pt"));
}

TEST_CASE("a repair that was interrupted is gone on with, to the same bytes", "[pipeline]") {
  Digits place;
  place.json["repair"] = {{"method", "linear"}, {"tune", {{"steps", 12}, {"batch_size", 8}}}};
  run(place.config(), {});
  const auto wanted = place.read("masked.pt");
  const int told_before = GENERATE(9, 13, 18);  // the first eight are batches of the calibration
  std::atomic<bool> interrupted{false};
  int told = 0;
  RunOptions options;
  options.interrupted = &interrupted;
  options.progress = [&](const Progress&) { interrupted = ++told == told_before; };
  const auto error = error_of([&] { run(place.config(), options); });
  CHECK(error.kind() == ErrorKind::Interrupted);
  CHECK(contains(error.what(), "--resume"));
  CHECK(std::filesystem::exists(place / "state.pt.checkpoint.repair"));
  RunOptions later;
  later.resume = true;
  run(place.config(), later);
  CHECK(place.read("masked.pt") == wanted);
  CHECK_FALSE(std::filesystem::exists(place / "state.pt.checkpoint.repair"));
}

TEST_CASE("what another repair has left is not gone on from; what is damaged is told",
          "[pipeline]") {
  Digits place;
  std::atomic<bool> interrupted{false};
  RunOptions options, later;
  options.interrupted = &interrupted;
  options.progress = [&](const Progress& progress) { interrupted = progress.unit == "layers"; };
  later.resume = true;
  error_of([&] { run(place.config(), options); });
  REQUIRE(std::filesystem::exists(place / "state.pt.checkpoint.repair"));
  SECTION("other settings") {
    place.json["repair"] = {{"method", "linear"}, {"ridge", 0.1}};
    run(place.config(), later);
    const auto resumed = place.read("masked.pt");
    run(place.config(), {});
    CHECK(place.read("masked.pt") == resumed);
  }
  SECTION("damaged") {
    std::ofstream(place / "state.pt.checkpoint.repair") << "no archive";
    const auto error = error_of([&] { run(place.config(), later); });
    CHECK(error.kind() == ErrorKind::State);
    CHECK(contains(error.what(), "remove it"));
  }
}

TEST_CASE("a repaired model can have its masks in the weights", "[pipeline]") {
  Digits place;
  run(place.config(), {});
  ApplyRequest request{place / "model.pt", place / "state.pt", place / "folded.pt"};
  request.config = place.config();
  request.data = request.config->data;
  request.repair = true;
  request.form = MaskForm::Weights;
  const Report report = apply(request, {});
  REQUIRE(report.verification);
  REQUIRE(report.verification->folded);
  CHECK(report.verification->folded->layers > 0);
  const auto x = normal({4, 1, 8, 8}, 1);
  const auto repaired = run_forward(load_model(place / "masked.pt"), x);
  CHECK(run_forward(load_model(place / "folded.pt"), x).allclose(repaired, 1e-5, 1e-5));
  // Masks alone are not what was folded.
  request.repair = false;
  request.masked_out = place / "masks_alone.pt";
  apply(request, {});
  CHECK_FALSE(run_forward(load_model(place / "masks_alone.pt"), x).allclose(repaired, 1e-3, 1e-3));
}

TEST_CASE("the report has the scores before and after each stage", "[pipeline]") {
  Digits place;
  const bool with_section = GENERATE(false, true);
  if (with_section) place.json["evaluate"] = {{"metrics", {"relative_error"}}};
  place.json["repair"] = {{"method", "linear"}, {"tune", {{"steps", 3}, {"batch_size", 8}}}};
  const Report report = run(place.config(), {});
  REQUIRE(report.repair->stages.size() == 3);
  const auto error_of_stage = [&](size_t stage) {
    const auto& metrics = report.repair->stages[stage].metrics;
    return std::find_if(metrics.begin(), metrics.end(),
                        [](const auto& one) { return one.first == "relative_error"; })
        ->second;
  };
  CHECK(report.repair->stages[0].stage == "masked");
  CHECK(report.repair->stages[1].stage == "linear");
  CHECK(report.repair->stages[2].stage == "tuned");
  CHECK(error_of_stage(1) < error_of_stage(0));
  CHECK(error_of_stage(2) == relative_error(report, 0));
  CHECK(report.evaluation->candidates.size() == 2);
  place.json["repair"] = {{"method", "none"}, {"tune", {{"steps", 3}, {"batch_size", 8}}}};
  const Report tuned = run(place.config(), {});
  REQUIRE(tuned.repair->stages.size() == 2);
  CHECK(tuned.repair->layers.empty());
  CHECK(tuned.repair->tuned);
}

TEST_CASE("a share held out of less than a batch is told before anything is run", "[pipeline]") {
  Digits place;
  place.json["repair"] = {{"method", "linear"}, {"holdout", 0.1}};
  const auto error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "0.1 of 8 batches"));
  CHECK(contains(error.what(), "data.batch_size"));
  CHECK(error_of([&] { dry_run(place.config(), {}); }).kind() == ErrorKind::Config);
}

TEST_CASE("a dry run tells the memory that a repair takes", "[pipeline]") {
  Digits place;
  const auto bytes = dry_run(place.config(), {}).dry_run->repair_bytes;
  // conv2: half of 8 channels of 9 weights for 16 outputs; fc has more inputs.
  CHECK(bytes > 2 * 8 * 36 * 36);
  place.json["repair"] = "none";
  CHECK(dry_run(place.config(), {}).dry_run->repair_bytes == 0);
}

TEST_CASE("a report with a repair reads back as it was written", "[pipeline]") {
  Digits place;
  place.json["repair"] = {{"method", "linear"}, {"tune", {{"steps", 2}, {"batch_size", 8}}}};
  const Report report = run(place.config(), {});
  const auto document = to_json(report);
  CHECK(to_json(report_from_json(document)) == document);
}
