#include "report/search_report.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

namespace {

Metric metric(const std::string& name, double value) {
  Metric made;
  made.name = name;
  made.value = value;
  return made;
}

SearchPoint point(double macs, double kl, const std::string& note) {
  SearchPoint made;
  made.levels = {0.5};
  made.macs = macs;
  made.measured = {metric("kl", kl), metric("agreement", 0.9)};
  made.note = note;
  return made;
}

SearchReport report() {
  SearchReport made;
  made.sensitivity.metric = "kl";
  made.sensitivity.groups = {{{"a"}, {}}};
  made.points = {point(0.5, 0.2, "one <way>"), point(0.4, 0.1, "another")};
  made.chosen = 1;
  made.frontier = {{1, 0}, {0.5, 0.25}};
  return made;
}

}  // namespace

TEST_CASE("what a metric says is lost", "[report]") {
  CHECK(loss_of(metric("kl", 0.3)) == 0.3);
  CHECK(loss_of(metric("agreement", 0.75)) == 0.25);
  CHECK(loss_of(metric("snr_db", 20)) == Approx(0.1));
  Metric judged = metric("accuracy", 0.9);
  judged.drop = 0.02;
  CHECK(loss_of(judged) == 0.02);
  CHECK(measured_loss(report().points[0], "agreement") == Approx(0.1));
  CHECK(std::isnan(measured_loss(report().points[0], "cosine")));
}

TEST_CASE("times are shown where there are any", "[report]") {
  SearchReport some = report();
  CHECK_FALSE(curve_json(some)["points"][0].contains("time"));
  CHECK_FALSE(to_json(some).contains("time"));
  some.points[0].time = 0.75;
  some.time = 0.7;
  some.threads = 2;
  CHECK(curve_json(some)["points"][0]["time"] == 0.75);
  CHECK(to_json(some)["time"]["share"] == 0.7);
  CHECK(to_json(some)["time"]["threads"] == 2);
  CHECK(some.points[0].left("time") == 0.75);
  CHECK(some.points[0].left("macs") == 0.5);
  CHECK(some.points[0].left("parameters") == 1);
}

TEST_CASE("the picture has the frontier and what was measured", "[report]") {
  const std::string svg = search_picture(report());
  CHECK(contains(svg, "one &lt;way&gt;"));
  CHECK(contains(svg, "measured: another, taken"));
  CHECK(curve_json(report())["frontier"][1]["macs"] == 0.5);
  CHECK(curve_json(report())["frontier"][1]["predicted"] == 0.25);
}
