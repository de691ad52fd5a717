#include "report/metric_record.h"

namespace actsparse {
namespace {

OrderedJson number_or_null(const std::optional<double>& value) {
  return value ? number_json(*value) : OrderedJson(nullptr);
}

std::optional<double> maybe_number(const OrderedJson& entry, const char* key) {
  const OrderedJson& value = entry.at(key);
  return value.is_null() ? std::nullopt : std::optional(number_of(value));
}

OrderedJson ends_of(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return OrderedJson::array({number_json(interval->low), number_json(interval->high)});
}

std::optional<Interval> interval_at(const OrderedJson& entry, const char* key) {
  const OrderedJson& ends = entry.at(key);
  if (ends.is_null()) return std::nullopt;
  return Interval{number_of(ends.at(0)), number_of(ends.at(1))};
}

}  // namespace

OrderedJson record_of(const std::vector<Metric>& metrics) {
  OrderedJson record = OrderedJson::array();
  for (const auto& metric : metrics)
    record.push_back({{"name", metric.name},
                      {"output", metric.output},
                      {"value", number_json(metric.value)},
                      {"interval", ends_of(metric.interval)},
                      {"n", metric.n},
                      {"baseline", number_or_null(metric.baseline)},
                      {"baseline_interval", ends_of(metric.baseline_interval)},
                      {"drop", number_or_null(metric.drop)},
                      {"drop_interval", ends_of(metric.drop_interval)}});
  return record;
}

std::vector<Metric> metrics_of_record(const OrderedJson& record) {
  std::vector<Metric> metrics;
  for (const auto& entry : record) {
    Metric metric;
    entry.at("name").get_to(metric.name);
    entry.at("output").get_to(metric.output);
    metric.value = number_of(entry.at("value"));
    metric.interval = interval_at(entry, "interval");
    entry.at("n").get_to(metric.n);
    metric.baseline = maybe_number(entry, "baseline");
    metric.baseline_interval = interval_at(entry, "baseline_interval");
    metric.drop = maybe_number(entry, "drop");
    metric.drop_interval = interval_at(entry, "drop_interval");
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace actsparse
