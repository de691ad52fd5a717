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

TEST_CASE("a share held out of less than a batch is told before anything is run", "[pipeline]") {
  Digits place;
  place.json["repair"] = {{"method", "linear"}, {"holdout", 0.1}};
  const auto error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "0.1 of 8 batches"));
  CHECK(contains(error.what(), "data.batch_size"));
  CHECK(error_of([&] { dry_run(place.config(), {}); }).kind() == ErrorKind::Config);
}

TEST_CASE("a report with a repair reads back as it was written", "[pipeline]") {
  Digits place;
  place.json["repair"] = {{"method", "linear"}, {"tune", {{"steps", 2}, {"batch_size", 8}}}};
  const Report report = run(place.config(), {});
  const auto document = to_json(report);
  CHECK(to_json(report_from_json(document)) == document);
}
