#include "report/metric_record.h"

#include <cmath>
#include <limits>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("a metric comes back from its record as it was, whatever its numbers", "[report]") {
  Metric plain;
  plain.name = "kl";
  plain.value = 0.1 + 0.2;
  plain.n = 7;
  Metric full = plain;
  full.name = "accuracy";
  full.output = "1.logits";
  full.interval = Interval{1.0 / 3, std::numeric_limits<double>::infinity()};
  full.baseline = std::nan("");
  full.drop = -1e-300;
  full.baseline_interval = full.drop_interval = Interval{0, 1};
  const auto text = record_of({plain, full}).dump();
  const auto back = metrics_of_record(OrderedJson::parse(text));
  REQUIRE(back.size() == 2);
  CHECK(back[0].value == plain.value);
  CHECK_FALSE(back[0].interval);
  CHECK_FALSE(back[0].drop);
  CHECK(back[1].output == "1.logits");
  CHECK(back[1].interval->low == full.interval->low);
  CHECK(std::isinf(back[1].interval->high));
  CHECK(std::isnan(*back[1].baseline));
  CHECK(*back[1].drop == *full.drop);
  CHECK(record_of(back).dump() == text);
}
