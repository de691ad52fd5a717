#include "quality/paired_means.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

namespace {

Tally tally_of(const std::vector<double>& baseline, const std::vector<double>& candidate) {
  PairedSums sums;
  for (size_t i = 0; i < baseline.size(); ++i) sums.add(baseline[i], candidate[i]);
  Tally tally(TallySize{0, 0, 2 + paired_sums});
  add(sums, 2, tally);
  return tally;
}

}  // namespace

TEST_CASE("A drop is positive where the candidate is worse", "[quality]") {
  const auto tally = tally_of({1, 2, 3}, {2, 3, 7});
  CHECK(paired_mean(tally, 2, 3, "loss", Better::Less).drop == 2);
  CHECK(paired_mean(tally, 2, 3, "gain", Better::More).drop == -2);
  CHECK(paired_mean(tally, 2, 3, "loss", Better::Less).value == 4);
  CHECK(paired_mean(tally, 2, 3, "loss", Better::Less).baseline == 2);
}

TEST_CASE("Figures that move together have a narrow drop", "[quality]") {
  const auto metric = paired_mean(tally_of({1, 20, 300}, {2, 21, 301}), 2, 3, "loss", Better::Less);
  CHECK(metric.drop_interval->low == 1);
  CHECK(metric.drop_interval->high == 1);
  CHECK(metric.interval->high - metric.interval->low > 100);
}

TEST_CASE("One place gives a mean and no interval", "[quality]") {
  const auto metric = paired_mean(tally_of({1}, {2}), 2, 1, "loss", Better::Less);
  CHECK(metric.drop == 1);
  CHECK(!metric.interval);
  CHECK(!metric.drop_interval);
  CHECK(!paired_exp_mean(tally_of({1}, {2}), 2, 1, "perplexity").drop_interval);
}

TEST_CASE("The exponential of equal means has a drop of nothing", "[quality]") {
  const auto metric = paired_exp_mean(tally_of({1, 2}, {1, 2}), 2, 2, "perplexity");
  CHECK(metric.value == Approx(std::exp(1.5)));
  CHECK(metric.drop == 0);
  CHECK(metric.drop_interval->low == Approx(0).margin(1e-12));
}
