#include "page/charts.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

namespace {

Chart chart_of(std::vector<std::pair<double, double>> points, bool log_y = false) {
  Chart chart;
  chart.title = "<kl>";
  chart.log_y = log_y;
  chart.series = {{"a", std::move(points)}};
  return chart;
}

}  // namespace

TEST_CASE("a chart is a place in the page and an entry of the data", "[page]") {
  Charts charts;
  charts.add(chart_of({{0, 1}}));
  const std::string place = charts.add(chart_of({{0.123456, 2}, {1, NAN}}));
  CHECK(contains(place, "id=\"chart-1\""));
  CHECK(contains(place, "&lt;kl&gt;"));
  REQUIRE(charts.data().size() == 2);
  CHECK(charts.data()[1]["series"][0]["points"].dump() == "[[0.1235,2.0]]");
}

TEST_CASE("a chart without points is left out", "[page]") {
  Charts charts;
  CHECK(charts.add(chart_of({{0, NAN}})).empty());
  CHECK(charts.add(chart_of({{0, 0}, {1, -1}}, true)).empty());  // no logarithms
  CHECK(charts.add(ChannelMap{}).empty());
  CHECK(charts.add("fc", ActivationHistogram{}).empty());
  CHECK(charts.data().empty());
}

TEST_CASE("a map has a digit per cell: nearly all is not all", "[page]") {
  Charts charts;
  charts.add(ChannelMap{4096, true, {0, 0.001, 0.5, 0.999, 1}});
  CHECK(charts.data()[0]["cells"] == "0159a");
  CHECK(charts.data()[0]["channels"] == 4096);
}

TEST_CASE("a histogram says where it is cut, and what lies beyond", "[page]") {
  Charts charts;
  ActivationHistogram histogram{2, {0.5, 0.25}, {0.2, 0}, 0.05, 0.8};
  const std::string place = charts.add("fc", histogram);
  CHECK(contains(place, "fc: cut at 0.8; 5.0 % are larger than 2"));
  CHECK(charts.data()[0]["cut"] == 0.8);
  histogram.cut.reset();
  charts.add("fc", histogram);
  CHECK(charts.data()[1]["cut"].is_null());
}
