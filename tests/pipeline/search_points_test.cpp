#include "pipeline/search_points.h"

#include <cmath>
#include <limits>

#include "support/catch.h"

using namespace actsparse;

namespace {

SensitivityPoint point(double level, double kl, double macs) {
  SensitivityPoint made;
  made.level = level;
  made.macs = macs;
  made.metrics.emplace_back();
  made.metrics.back().name = "kl";
  made.metrics.back().value = kl;
  return made;
}

// Two groups at two levels; the second loses what cannot be told at its last one.
SensitivityReport two_groups() {
  SensitivityReport report;
  report.metric = "kl";
  report.groups = {{{"a"}, {point(0.25, 0.01, 0.9), point(0.5, 0.04, 0.8)}},
                   {{"b"}, {point(0.25, 0.25, 0.7), point(0.5, std::nan(""), 0.5)}}};
  return report;
}

}  // namespace

TEST_CASE("groups' losses add up, and none is lost where nothing is masked", "[pipeline]") {
  const SensitivityReport report = two_groups();
  const LossCurves alone(report);
  CHECK(alone.of(0, 0, "kl") == 0.0);
  CHECK(alone.of(0, 0.5, "kl") == 0.04);
  CHECK_FALSE(alone.of(0, 0.3, "kl"));
  CHECK_FALSE(alone.of(0, 0.5, "cosine"));
  CHECK(alone.predicted({0.5, 0.25}, "kl") == 0.04 + 0.25);
  CHECK(std::isnan(alone.predicted({0.5, 0.25}, "cosine")));
}

TEST_CASE("an allocation's cost is a power of the loss, or the level where it saves",
          "[pipeline]") {
  const SensitivityReport report = two_groups();
  const LossCurves alone(report);
  const Allocation roots = by_losses(alone, "kl", 0.5), even = evenly(report);
  CHECK(roots.cost(0, 0) == 0);
  CHECK(roots.cost(0, 0.5) == 0.2);
  CHECK(roots.cost(1, 0.5) > 1e50);  // not to be taken
  CHECK(even.cost(0, 0) == 0);
  CHECK(even.cost(0, 0.5) == Approx(0.5 * 0.2));
  CHECK(even.cost(1, 0.5) == Approx(0.5 * 0.5));
  // Each of the two counts as what it came to.
  const Allocation middle = between(roots, {0.5, 0}, even, {0, 0.5});
  CHECK(middle.cost(0, 0.5) == Approx(0.2 / 0.2 + 0.1 / 0.25));
  CHECK(middle.cost(1, 0.25) == Approx(0.5 / 0.2 + 0.25 * 0.3 / 0.25));
}
