#include "quality/made_up.h"

#include <ATen/ATen.h>

#include <cstring>
#include <random>

#include "support/catch.h"

namespace actsparse {
namespace {

bool same(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}
bool same(const std::optional<double>& a, const std::optional<double>& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}
bool same(const std::optional<Interval>& a, const std::optional<Interval>& b) {
  return a.has_value() == b.has_value() && (!a || (same(a->low, b->low) && same(a->high, b->high)));
}
bool same(const Metric& a, const Metric& b) {
  return a.name == b.name && a.output == b.output && a.n == b.n && same(a.value, b.value) &&
         same(a.interval, b.interval) && same(a.baseline, b.baseline) && same(a.drop, b.drop) &&
         same(a.baseline_interval, b.baseline_interval) && same(a.drop_interval, b.drop_interval);
}

}  // namespace

at::Tensor made_up(at::IntArrayRef sizes, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> normal;
  auto tensor = at::empty(sizes, at::kFloat);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<float>()[i] = 3 * normal(generator);
  return tensor;
}

at::Tensor made_up_labels(at::IntArrayRef sizes, int64_t classes, uint64_t seed,
                          bool some_ignored) {
  std::mt19937_64 generator(seed);
  auto tensor = at::empty(sizes, at::kLong);
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    const bool ignored = some_ignored && generator() % 10 == 0;
    tensor.data_ptr<int64_t>()[i] =
        ignored ? -1 : static_cast<int64_t>(generator() % static_cast<uint64_t>(classes));
  }
  return tensor;
}

c10::IValue tuple_of(std::vector<c10::IValue> values) {
  return c10::ivalue::Tuple::create(std::move(values));
}

FunctionConfig asked_for(const std::string& metric) {
  FunctionConfig function;
  function.name = metric;
  function.path = "evaluate.metrics.0";
  return function;
}

Metric metric_of(const std::vector<Metric>& metrics, const std::string& name) {
  std::vector<Metric> found;
  for (const auto& metric : metrics)
    if (metric.name == name) found.push_back(metric);
  INFO(name);
  REQUIRE(found.size() == 1);
  return found[0];
}

std::vector<std::string> names_of(const std::vector<Metric>& metrics) {
  std::vector<std::string> names;
  for (const auto& metric : metrics) names.push_back(metric.name);
  return names;
}

bool same_metrics(const std::vector<Metric>& a, const std::vector<Metric>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i])) return false;
  return true;
}

}  // namespace actsparse
