#include "quality/class_metrics.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quality/made_up.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

std::vector<Metric> judged(const at::Tensor& baseline, const at::Tensor& candidate,
                           const at::Tensor& labels = {},
                           std::optional<int64_t> ignore = std::nullopt) {
  auto tally = class_tally();
  const auto rows = labels.defined() ? labels.reshape({-1}) : labels;
  add_answers(baseline_answers(scores_of(baseline, 1), rows, ignore), scores_of(candidate, 1),
              tally);
  return class_metrics(tally, "logits");
}

double value_of(const std::vector<Metric>& metrics, const char* name) {
  return metric_of(metrics, name).value;
}

// The same figures from their definitions, in long double, one position after the other.
struct Defined {
  int64_t n = 0, agreeing = 0, agreeing_5 = 0, right_b = 0, right_c = 0, right5_b = 0, right5_c = 0;
  long double divergence = 0, nll_b = 0, nll_c = 0;
};

std::vector<long double> log_softmax(const at::Tensor& row) {
  std::vector<long double> logs;
  long double sum = 0, most = row.max().item<double>();
  for (int64_t i = 0; i < row.numel(); ++i) logs.push_back(row[i].item<double>() - most);
  for (const auto x : logs) sum += std::exp(x);
  for (auto& x : logs) x -= std::log(sum);
  return logs;
}

std::vector<int64_t> order_of(const at::Tensor& row) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < row.numel(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return row[a].item<double>() > row[b].item<double>();
  });
  return order;
}

bool among_five(const std::vector<int64_t>& order, int64_t wanted) {
  const auto end = order.begin() + std::min<long>(5, static_cast<long>(order.size()));
  return std::find(order.begin(), end, wanted) != end;
}

at::Tensor rows_of(const at::Tensor& x) { return x.movedim(1, -1).reshape({-1, x.size(1)}); }

Defined define(const at::Tensor& baseline, const at::Tensor& candidate, const at::Tensor& labels) {
  Defined sums;
  const auto b = rows_of(baseline), c = rows_of(candidate);
  for (int64_t i = 0; i < b.size(0); ++i) {
    const auto label = labels.view({-1})[i].item<int64_t>();
    if (label < 0) continue;
    const auto p = log_softmax(b[i]), q = log_softmax(c[i]);
    const auto order_b = order_of(b[i]), order_c = order_of(c[i]);
    sums.n += 1;
    sums.agreeing += order_b[0] == order_c[0];
    sums.agreeing_5 += among_five(order_c, order_b[0]);
    sums.right_b += order_b[0] == label;
    sums.right_c += order_c[0] == label;
    sums.right5_b += among_five(order_b, label);
    sums.right5_c += among_five(order_c, label);
    sums.nll_b -= p[static_cast<size_t>(label)];
    sums.nll_c -= q[static_cast<size_t>(label)];
    for (size_t j = 0; j < p.size(); ++j) sums.divergence += std::exp(p[j]) * (p[j] - q[j]);
  }
  return sums;
}

void check_rate(const Metric& metric, int64_t candidate, int64_t baseline, int64_t n) {
  const auto count = static_cast<double>(n);
  CHECK(metric.n == n);
  CHECK(metric.value == static_cast<double>(candidate) / count);
  CHECK(metric.baseline == static_cast<double>(baseline) / count);
  CHECK(metric.drop == static_cast<double>(baseline - candidate) / count);
  REQUIRE(metric.interval);
  CHECK(metric.interval->low <= metric.value);
  CHECK(metric.interval->high >= metric.value);
  REQUIRE(metric.drop_interval);
  CHECK(metric.drop_interval->low <= *metric.drop);
  CHECK(metric.drop_interval->high >= *metric.drop);
}

void check_as_defined(const at::Tensor& b, const at::Tensor& c, const at::Tensor& labels) {
  const auto metrics = judged(b, c, labels, -1);
  const auto wanted = define(b, c, labels);
  const auto n = static_cast<long double>(wanted.n);
  CHECK(value_of(metrics, "agreement") ==
        static_cast<double>(wanted.agreeing) / static_cast<double>(wanted.n));
  CHECK(value_of(metrics, "agreement_5") ==
        static_cast<double>(wanted.agreeing_5) / static_cast<double>(wanted.n));
  CHECK(is_near(value_of(metrics, "kl"), static_cast<double>(wanted.divergence / n)));
  check_rate(metric_of(metrics, "accuracy"), wanted.right_c, wanted.right_b, wanted.n);
  check_rate(metric_of(metrics, "accuracy_5"), wanted.right5_c, wanted.right5_b, wanted.n);
  const auto nll = metric_of(metrics, "nll"), perplexity = metric_of(metrics, "perplexity");
  CHECK(is_near(nll.value, static_cast<double>(wanted.nll_c / n)));
  CHECK(is_near(*nll.baseline, static_cast<double>(wanted.nll_b / n)));
  CHECK(*nll.drop == nll.value - *nll.baseline);
  CHECK(is_near(perplexity.value, static_cast<double>(std::exp(wanted.nll_c / n))));
  CHECK(*perplexity.drop == perplexity.value - *perplexity.baseline);
}

}  // namespace

TEST_CASE("Class metrics are those of long double", "[quality]") {
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{40, 10}, {3, 21, 4, 5}, {5, 33, 6}}) {
    const auto b = made_up(sizes, 1), c = b + 0.5 * made_up(sizes, 2);
    auto positions = sizes;
    positions.erase(positions.begin() + 1);
    check_as_defined(b, c, made_up_labels(positions, sizes[1], 3, true));
    check_as_defined(b.to(at::kDouble), c, made_up_labels(positions, sizes[1], 3, true));
  }
}

TEST_CASE("Among equal scores the first class counts", "[quality]") {
  const auto b = at::round(made_up({200, 7}, 1) / 3), c = at::round(made_up({200, 7}, 2) / 3);
  check_as_defined(b, c, made_up_labels({200}, 7, 3, false));
}

TEST_CASE("Equal answers agree and diverge by nothing", "[quality]") {
  const auto x = made_up({30, 12}, 1);
  const auto metrics = judged(x, x);
  CHECK(names_of(metrics) == std::vector<std::string>{"agreement", "agreement_5", "kl"});
  CHECK(value_of(metrics, "agreement") == 1);
  CHECK(value_of(metrics, "kl") == 0);
  CHECK(metrics[0].output == "logits");
}

TEST_CASE("Five of at most five classes say nothing and are left out", "[quality]") {
  const auto labels = made_up_labels({30}, 5, 3, false);
  const auto metrics = judged(made_up({30, 5}, 1), made_up({30, 5}, 2), labels);
  CHECK(names_of(metrics) ==
        std::vector<std::string>{"agreement", "kl", "accuracy", "nll", "perplexity"});
}

TEST_CASE("Ignored positions count in no class metric", "[quality]") {
  const auto b = made_up({20, 8}, 1);
  auto c = b.clone();
  c.slice(0, 10) = made_up({10, 8}, 2);
  auto labels = made_up_labels({20}, 8, 3, false);
  labels.slice(0, 10) = -100;
  c[15][0] = std::nan("");
  const auto metrics = judged(b, c, labels, -100);
  CHECK(metric_of(metrics, "agreement").n == 10);
  CHECK(value_of(metrics, "agreement") == 1);
  CHECK(value_of(metrics, "kl") == 0);
  CHECK(*metric_of(metrics, "nll").drop == 0);
}

TEST_CASE("Where everything is ignored the figures are NaN", "[quality]") {
  const auto x = made_up({4, 8}, 1);
  const auto metrics = judged(x, x, at::full({4}, -1, at::kLong), -1);
  CHECK(metrics.size() == 7);
  for (const auto& metric : metrics) {
    CHECK(metric.n == 0);
    CHECK(std::isnan(metric.value));
    CHECK(!metric.interval);
  }
}

TEST_CASE("A position with NaN is wrong, disagrees, and makes means NaN", "[quality]") {
  const auto b = made_up({10, 8}, 1);
  const auto labels = b.argmax(1);
  auto c = b.clone();
  c[3][5] = std::nan("");
  const auto metrics = judged(b, c, labels);
  CHECK(value_of(metrics, "agreement") == 0.9);
  CHECK(value_of(metrics, "agreement_5") == 0.9);
  CHECK(value_of(metrics, "accuracy") == 0.9);
  CHECK(value_of(metrics, "accuracy_5") == 0.9);
  CHECK(metric_of(metrics, "accuracy").baseline == 1);
  for (const char* name : {"kl", "nll", "perplexity"}) CHECK(std::isnan(value_of(metrics, name)));
  CHECK(std::isfinite(*metric_of(metrics, "nll").baseline));
  CHECK(value_of(judged(c, c, labels), "agreement") == 0.9);
}

TEST_CASE("Classes ruled out by minus infinity are no NaN", "[quality]") {
  auto b = made_up({10, 8}, 1);
  b.select(1, 2) = -kInfinity;
  const auto c = b + 0.1 * made_up({10, 8}, 2);
  CHECK(std::isfinite(value_of(judged(b, c), "kl")));
  auto narrower = b.clone();
  narrower.select(1, 3) = -kInfinity;
  CHECK(value_of(judged(b, narrower), "kl") == kInfinity);
}

TEST_CASE("Means come with the interval of their spread", "[quality]") {
  const auto b = made_up({500, 6}, 1), c = b + made_up({500, 6}, 2);
  const auto labels = made_up_labels({500}, 6, 3, false);
  const auto metrics = judged(b, c, labels);
  const auto rows = [&](const at::Tensor& x) {
    return -x.to(at::kDouble).log_softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1);
  };
  const double root = std::sqrt(500.0);
  const auto half = [&](const at::Tensor& x) {
    return 1.959963984540054 * x.std().item<double>() / root;
  };
  const auto nll = metric_of(metrics, "nll"), perplexity = metric_of(metrics, "perplexity");
  CHECK(nll.interval->high - nll.value == Approx(half(rows(c))));
  CHECK(nll.baseline_interval->high - *nll.baseline == Approx(half(rows(b))));
  CHECK(nll.drop_interval->high - *nll.drop == Approx(half(rows(c) - rows(b))));
  CHECK(perplexity.interval->low == Approx(std::exp(nll.interval->low)));
  const auto weighted = perplexity.value * rows(c) - *perplexity.baseline * rows(b);
  CHECK(perplexity.drop_interval->high - *perplexity.drop == Approx(half(weighted)));
}
