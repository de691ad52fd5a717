#include "report/sensitivity_record.h"

#include "report/metric_record.h"

namespace actsparse {

OrderedJson record_of(const SensitivityReport& report) {
  OrderedJson record = {{"metric", report.metric},       {"repair", report.repair},
                        {"data", report.data},           {"batches", report.batches},
                        {"samples", report.samples},     {"left", OrderedJson::array()},
                        {"groups", OrderedJson::array()}};
  for (const auto& layer : report.left)
    record["left"].push_back(OrderedJson::array({layer.layer, layer.reason}));
  for (const auto& group : report.groups) {
    OrderedJson points = OrderedJson::array();
    for (const auto& point : group.points)
      points.push_back({{"macs", value_or_null(point.macs)},
                        {"parameters", value_or_null(point.parameters)},
                        {"time", value_or_null(point.time)},
                        {"metrics", record_of(point.metrics)}});
    record["groups"].push_back(std::move(points));
  }
  return record;
}

void from_record(const OrderedJson& record, SensitivityReport& report) {
  record.at("metric").get_to(report.metric);
  record.at("repair").get_to(report.repair);
  record.at("data").get_to(report.data);
  record.at("batches").get_to(report.batches);
  record.at("samples").get_to(report.samples);
  for (const auto& layer : record.at("left"))
    report.left.push_back({layer.at(0).get<std::string>(), layer.at(1).get<std::string>()});
  for (size_t i = 0; i < report.groups.size(); ++i)
    for (size_t n = 0; n < report.groups[i].points.size(); ++n) {
      const OrderedJson& known = record.at("groups").at(i).at(n);
      SensitivityPoint& point = report.groups[i].points[n];
      point.macs = optional_at<double>(known, "macs");
      point.parameters = optional_at<double>(known, "parameters");
      point.time = optional_at<double>(known, "time");
      point.metrics = metrics_of_record(known.at("metrics"));
    }
}

}  // namespace actsparse
