#include "quality/user_metrics.h"

#include <ATen/ATen.h>

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

UserMetric metric_with(std::function<at::Tensor(const at::Tensor&, const at::Tensor&)> function) {
  return {"own", std::move(function), false};
}

at::Tensor per_sample(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().flatten(1).mean(1);
}

// Of batches of sizes `cuts`.
Metric averaged(const UserMetric& metric, const std::vector<int64_t>& cuts) {
  auto tally = user_tally();
  int64_t from = 0;
  for (const auto size : cuts) {
    const auto x = at::arange(from, from + size, at::kDouble).unsqueeze(1);
    add_figures(std::nullopt, ask(metric, x, 3 * x, size), size, tally);
    from += size;
  }
  return user_metric(tally, metric, "out");
}

Error refused(const at::Tensor& result) {
  const auto metric = metric_with([&](const auto&, const auto&) { return result; });
  const auto error = error_of([&] { ask(metric, at::ones({4}), at::ones({4}), 4); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "metric 'own'"));
  return error;
}

}  // namespace

TEST_CASE("One number per sample is averaged over samples", "[quality]") {
  for (const auto& cuts : {std::vector<int64_t>{6}, {4, 2}, {1, 1, 1, 1, 1, 1}}) {
    const auto found = averaged(metric_with(per_sample), cuts);
    CHECK(found.value == 5);
    CHECK(found.n == 6);
    CHECK(found.output == "out");
    CHECK(found.interval);
    CHECK(!found.drop);
  }
}

TEST_CASE("One number for a batch counts once for each of its samples", "[quality]") {
  const auto metric =
      metric_with([](const auto& a, const auto& b) { return (a - b).abs().mean(); });
  const auto found = averaged(metric, {4, 2});
  CHECK(found.value == 5);
  CHECK(found.n == 6);
  CHECK(!found.interval);
}

TEST_CASE("A metric of output and labels gives both models' means and a drop", "[quality]") {
  UserMetric metric{"own", [](const auto& a, const auto& b) { return (a == b).to(at::kFloat); },
                    true};
  const auto labels = at::tensor({1, 2, 3, 4});
  auto tally = user_tally();
  add_figures(ask(metric, at::tensor({1, 2, 3, 0}), labels, 4),
              ask(metric, at::tensor({1, 2, 0, 0}), labels, 4), 4, tally);
  const auto found = user_metric(tally, metric, "out");
  CHECK(found.value == 0.5);
  CHECK(found.baseline == 0.75);
  CHECK(found.drop == 0.25);
  CHECK(found.drop_interval);
}

TEST_CASE("A metric may return integers and booleans", "[quality]") {
  const auto metric = metric_with([](const auto& a, const auto&) { return (a > 2).squeeze(1); });
  CHECK(averaged(metric, {6}).value == 0.5);
}

TEST_CASE("A metric that returns something else is refused by name", "[quality]") {
  CHECK(contains(refused(at::ones({3})).what(), "[3]"));
  refused(at::ones({4, 2}));
  refused(at::ones({4}, at::kComplexFloat));
  refused(at::ones({0}));
}

TEST_CASE("What fails in a metric is told by its name", "[quality]") {
  const auto metric = metric_with([](const auto&, const auto&) -> at::Tensor {
    throw Error(ErrorKind::Function, "it returned no tensor");
  });
  const auto error = error_of([&] { ask(metric, at::ones({4}), at::ones({4}), 4); });
  CHECK(std::string(error.what()) == "metric 'own': it returned no tensor");
}
