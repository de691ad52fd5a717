#include "pipeline/helpers.h"
#include "report/sensitivity_report.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

// digits_cnn in eight batches, its two convolutions' inputs in groups, at three levels.
struct Levels : Workplace {
  Levels() {
    json["data"]["batch_size"] = 8;
    json["defaults"]["sparse_config"]["sparsity_level"] = 0.5;
    json["repair"] = "linear";
    json["search"] = {{"levels", {0.75, 0.25, 0.5}}};
  }
};

double value(const SensitivityPoint& point, const std::string& metric) {
  const Metric* const found = metric_of(point, metric);
  REQUIRE(found != nullptr);
  return found->value;
}

}  // namespace

TEST_CASE("each group is tried alone at each level, against the unmasked model", "[pipeline]") {
  Levels place;
  const SensitivityReport report = sensitivity(place.config(), {});
  REQUIRE(report.groups.size() == 2);
  CHECK(report.metric == "kl");
  CHECK(report.repair == "linear");
  CHECK(report.data == "held-out calibration data");
  CHECK(report.batches == 1);
  CHECK(report.samples == 8);
  for (const auto& group : report.groups) {
    REQUIRE(group.points.size() == 3);
    CHECK(group.points[0].level == 0.25);
    CHECK(group.points[2].level == 0.75);
    for (const auto& point : group.points) {
      CHECK(value(point, "kl") >= 0);
      CHECK(value(point, "agreement") <= 1);
    }
    CHECK(value(group.points[0], "relative_error") < value(group.points[2], "relative_error"));
    CHECK(group.points[0].sparsity < group.points[2].sparsity);
  }
  CHECK(place.names() == Levels().names());  // nothing is written
}

TEST_CASE("a group alone costs what a run of it alone costs", "[pipeline]") {
  Levels place;
  place.json["repair"] = "none";
  place.json["search"]["levels"] = {0.5};
  const SensitivityReport report = sensitivity(place.config(), {});
  CHECK(report.data == "calibration data");
  CHECK(report.samples == 64);
  for (size_t i = 0; i < report.groups.size(); ++i) {
    Levels alone;
    alone.json.erase("repair");
    alone.json["layers"] = json::array({place.json["layers"][i]});
    alone.json["evaluate"] = {{"metrics", {"kl", "relative_error"}}};
    alone.json["output"]["compact"] = "small.pt";
    const Report run_alone = run(alone.config(), {});
    const auto& judged = run_alone.evaluation->candidates.at(0).judgement;
    const SensitivityPoint& point = report.groups[i].points[0];
    CHECK(value(point, "kl") == Approx(find_metric(judged, "kl")->value).epsilon(1e-6));
    CHECK(value(point, "relative_error") ==
          Approx(find_metric(judged, "relative_error")->value).epsilon(1e-6));
    REQUIRE(point.macs);
    REQUIRE(run_alone.compact);
    CHECK(*point.macs == Approx(static_cast<double>(run_alone.compact->macs.after) /
                                static_cast<double>(run_alone.compact->macs.before)));
  }
}

TEST_CASE("levels are judged on data of their own, with labels, by a metric that is asked for",
          "[pipeline]") {
  Levels place;
  place.json["search"]["data"] = place.json["data"];
  place.json["search"]["data"]["limit"] = 24;
  place.json["search"]["metric"] = "agreement";
  const SensitivityReport report = sensitivity(place.config(), {});
  CHECK(report.data == "search.data");
  CHECK(report.samples == 24);
  CHECK(report.metric == "agreement");
}

TEST_CASE("what cannot be tried is told", "[pipeline]") {
  SECTION("a metric that the answers do not have") {
    Workplace place(with_dropout(), {"fc"});
    place.json["search"]["metric"] = "agreement_5";
    const auto error = error_of([&] { sensitivity(place.config(), {}); });
    CHECK(error.kind() == ErrorKind::Config);
    CHECK(contains(error.what(), "search.metric"));
  }
  SECTION("layers without a level") {
    Levels place;
    place.json["layers"][0]["mask_fn"] = "threshold";
    place.json["layers"][0]["sparse_config"] = {{"sparsity_level", nullptr}, {"threshold", 0.1}};
    const SensitivityReport report = sensitivity(place.config(), {});
    CHECK(report.groups.size() == 1);
    REQUIRE(report.not_tried.size() == 1);
    CHECK(report.not_tried[0].layer == "conv1");
    place.json["layers"].erase(1);
    const auto error = error_of([&] { sensitivity(place.config(), {}); });
    CHECK(error.kind() == ErrorKind::Config);
    CHECK(contains(error.what(), "sparsity_level"));
  }
}
