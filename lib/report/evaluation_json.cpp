#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "report/evaluation_report.h"
#include "report/json_fields.h"

namespace actsparse {
namespace {

void add_interval(OrderedJson& entry, const std::optional<Interval>& interval) {
  entry["low"] = interval ? number_json(interval->low) : OrderedJson(nullptr);
  entry["high"] = interval ? number_json(interval->high) : OrderedJson(nullptr);
}

std::optional<Interval> read_interval(const OrderedJson& entry) {
  if (entry.at("low").is_null()) return std::nullopt;
  return Interval{number_of(entry.at("low")), number_of(entry.at("high"))};
}

OrderedJson metric_json(const Metric& metric) {
  OrderedJson entry = {{"value", number_json(metric.value)}};
  add_interval(entry, metric.interval);
  entry["n"] = metric.n;
  if (metric.drop) {
    entry["drop"] = {{"value", number_json(*metric.drop)}};
    add_interval(entry["drop"], metric.drop_interval);
  }
  return entry;
}

OrderedJson baseline_json(const Metric& metric) {
  OrderedJson entry = {{"value", number_json(*metric.baseline)}};
  add_interval(entry, metric.baseline_interval);
  entry["n"] = metric.n;
  return entry;
}

// By name; of a metric that several outputs have, the first one's: all are in "outputs".
OrderedJson metrics_json(const std::vector<Metric>& metrics) {
  OrderedJson entries = OrderedJson::object();
  for (const auto& metric : metrics)
    if (!entries.contains(metric.name)) entries[metric.name] = metric_json(metric);
  return entries;
}

OrderedJson counts_json(const OutputCounts& counts) {
  OrderedJson entry = {{"elements", counts.elements},
                       {"samples", counts.samples},
                       {"not_finite",
                        {{"baseline_elements", counts.baseline_elements_not_finite},
                         {"baseline_samples", counts.baseline_samples_not_finite},
                         {"candidate_elements", counts.candidate_elements_not_finite},
                         {"candidate_samples", counts.candidate_samples_not_finite}}},
                       {"differing", value_or_null(counts.differing)}};
  return entry;
}

OrderedJson outputs_json(const Judgement& judgement) {
  OrderedJson outputs = OrderedJson::array();
  for (const auto& counts : judgement.outputs) {
    OrderedJson entry = {{"output", counts.output}};
    entry.update(counts_json(counts));
    entry["metrics"] = OrderedJson::object();
    for (const auto& metric : judgement.metrics)
      if (metric.output == counts.output) entry["metrics"][metric.name] = metric_json(metric);
    outputs.push_back(std::move(entry));
  }
  return outputs;
}

OrderedJson zeros_json(const std::vector<ZeroCounts>& layers) {
  OrderedJson entries = OrderedJson::array();
  for (const auto& layer : layers)
    entries.push_back({{"layer", layer.layer},
                       {"sparsity", layer.share()},
                       {"zeros", layer.zeros},
                       {"elements", layer.elements}});
  return entries;
}

OrderedJson gate_json(const GateResult& gate) {
  return {{"metric", gate.metric},
          {"output", gate.output},
          {"kind", gate.kind},
          {"limit", gate.limit},
          {"value", number_json(gate.value)},
          {"passed", gate.passed}};
}

OrderedJson candidate_json(const CandidateReport& candidate) {
  const Judgement& judgement = candidate.judgement;
  OrderedJson entry = {{"model", candidate.model},
                       {"metrics", metrics_json(judgement.metrics)},
                       {"outputs", outputs_json(judgement)},
                       {"gates", OrderedJson::array()}};
  for (const auto& gate : judgement.gates) entry["gates"].push_back(gate_json(gate));
  if (!judgement.zeros.empty()) entry["input_sparsity"] = zeros_json(judgement.zeros);
  entry["passed"] = judgement.passed;
  entry["warnings"] = judgement.warnings;
  return entry;
}

// ---- the reverse ----

void read_metric(const std::string& name, const std::string& output, const OrderedJson& entry,
                 const OrderedJson& baseline, Judgement& judgement) {
  Metric metric;
  metric.name = name;
  metric.output = output;
  metric.value = number_of(entry.at("value"));
  metric.interval = read_interval(entry);
  entry.at("n").get_to(metric.n);
  if (entry.contains("drop")) {
    metric.drop = number_of(entry.at("drop").at("value"));
    metric.drop_interval = read_interval(entry.at("drop"));
    metric.baseline = number_of(baseline.at(name).at("value"));
    metric.baseline_interval = read_interval(baseline.at(name));
  }
  judgement.metrics.push_back(std::move(metric));
}

OutputCounts read_counts(const OrderedJson& entry) {
  const OrderedJson& not_finite = entry.at("not_finite");
  OutputCounts counts;
  entry.at("output").get_to(counts.output);
  entry.at("elements").get_to(counts.elements);
  entry.at("samples").get_to(counts.samples);
  not_finite.at("baseline_elements").get_to(counts.baseline_elements_not_finite);
  not_finite.at("baseline_samples").get_to(counts.baseline_samples_not_finite);
  not_finite.at("candidate_elements").get_to(counts.candidate_elements_not_finite);
  not_finite.at("candidate_samples").get_to(counts.candidate_samples_not_finite);
  counts.differing = optional_at<int64_t>(entry, "differing");
  return counts;
}

GateResult read_gate(const OrderedJson& entry) {
  return {entry.at("metric").get<std::string>(), entry.at("output").get<std::string>(),
          entry.at("kind").get<std::string>(),   entry.at("limit").get<double>(),
          number_of(entry.at("value")),          entry.at("passed").get<bool>()};
}

CandidateReport read_candidate(const OrderedJson& entry, const OrderedJson& baseline) {
  CandidateReport candidate;
  Judgement& judgement = candidate.judgement;
  entry.at("model").get_to(candidate.model);
  for (const OrderedJson& output : entry.at("outputs")) {
    judgement.outputs.push_back(read_counts(output));
    for (const auto& [name, metric] : output.at("metrics").items())
      read_metric(name, judgement.outputs.back().output, metric, baseline, judgement);
  }
  for (const auto& [name, metric] : entry.at("metrics").items()) {
    const auto is_known = [&, &name = name](const Metric& known) { return known.name == name; };
    if (std::none_of(judgement.metrics.begin(), judgement.metrics.end(), is_known))
      read_metric(name, "", metric, baseline, judgement);
  }
  for (const OrderedJson& gate : entry.at("gates")) judgement.gates.push_back(read_gate(gate));
  if (entry.contains("input_sparsity"))
    for (const OrderedJson& layer : entry.at("input_sparsity"))
      judgement.zeros.push_back({layer.at("layer").get<std::string>(),
                                 layer.at("zeros").get<int64_t>(),
                                 layer.at("elements").get<int64_t>()});
  entry.at("passed").get_to(judgement.passed);
  entry.at("warnings").get_to(judgement.warnings);
  return candidate;
}

}  // namespace

OrderedJson to_json(const EvaluationReport& report) {
  OrderedJson part;
  part["baseline"] = {{"model", report.baseline}, {"metrics", OrderedJson::object()}};
  if (!report.candidates.empty())
    for (const auto& metric : report.candidates.front().judgement.metrics)
      if (metric.baseline) part["baseline"]["metrics"][metric.name] = baseline_json(metric);
  part["candidates"] = OrderedJson::array();
  for (const auto& candidate : report.candidates)
    part["candidates"].push_back(candidate_json(candidate));
  part["data"] = {{"of", report.data},
                  {"sha256", text_or_null(report.data_digest)},
                  {"one_batch_only", report.is_glance}};
  part["batches"] = report.batches;
  part["samples"] = report.samples;
  part["warnings"] = report.warnings;
  return part;
}

OrderedJson evaluation_timing_json(const EvaluationReport& report) {
  return {{"forward_seconds", report.forward_seconds},
          {"seconds", report.seconds},
          {"total_seconds", report.total_seconds}};
}

OrderedJson evaluation_document(const EvaluationReport& report) {
  OrderedJson document = {{"version", 1}, {"command", "evaluate"}};
  document.update(to_json(report));
  document["timing"] = evaluation_timing_json(report);
  return document;
}

void from_json(const OrderedJson& part, EvaluationReport& report) {
  const OrderedJson& baseline = part.at("baseline");
  baseline.at("model").get_to(report.baseline);
  for (const OrderedJson& entry : part.at("candidates"))
    report.candidates.push_back(read_candidate(entry, baseline.at("metrics")));
  part.at("data").at("of").get_to(report.data);
  report.data_digest = text_at(part.at("data"), "sha256");
  part.at("data").at("one_batch_only").get_to(report.is_glance);
  part.at("batches").get_to(report.batches);
  part.at("samples").get_to(report.samples);
  part.at("warnings").get_to(report.warnings);
}

void evaluation_timing_from_json(const OrderedJson& part, EvaluationReport& report) {
  part.at("forward_seconds").get_to(report.forward_seconds);
  part.at("seconds").get_to(report.seconds);
  part.at("total_seconds").get_to(report.total_seconds);
}

}  // namespace actsparse
