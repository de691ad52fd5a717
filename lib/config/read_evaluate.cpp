// `evaluate`: what a masked model is judged by.
#include <algorithm>

#include "base/nearest.h"
#include "config/messages.h"
#include "config/sections.h"

namespace actsparse {
namespace {

bool needs_labels(const std::string& metric) {
  const auto* built_in = find_built_in_metric(metric);
  return built_in != nullptr && built_in->needs_labels;
}

bool can_drop(const std::string& metric) {
  return find_built_in_metric(metric) == nullptr || needs_labels(metric);
}

std::string droppable_metrics() {
  Names names;
  for (const auto& metric : built_in_metrics)
    if (metric.needs_labels) names.emplace_back(metric.name);
  return quoted_list(names);
}

std::variant<int64_t, std::string> read_output_path(const JsonNode& node) {
  const std::string allowed = "a position, a name, or a dotted path of them (\"1.logits.0\")";
  if (!node.json().is_string()) {
    IntegerRange range{0};
    range.or_else = " (the output's position), its name, or a dotted path (\"1.logits.0\")";
    return node.integer(range);
  }
  const std::string path = node.text(allowed);
  if (path.front() == '.' || path.back() == '.' || path.find("..") != std::string::npos)
    node.fail(allowed);
  return path;
}

std::vector<FunctionConfig> read_metrics(const JsonNode& node) {
  std::vector<FunctionConfig> metrics;
  for (const auto& item : node.filled_list("a list with at least one metric")) {
    FunctionConfig metric = read_function(item, "a metric's name, or {\"name\": ..., parameters}");
    for (const auto& other : metrics)
      if (other.name == metric.name)
        item.fail_found("'" + metric.name + "' a second time", "each metric once");
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

std::vector<GateConfig> read_gates(const JsonNode& node) {
  node.expect_object("an object of gates, by metric");
  std::vector<GateConfig> gates;
  for (const auto& [metric, bounds] : node.json().items())
    gates.push_back(read_gate(*node.find(metric), metric));
  return gates;
}

Fields<LabelsConfig> make_labels_fields() {
  Fields<LabelsConfig> fields;
  for (const auto& field : file_fields())
    fields.push_back({field.key,
                      [read = field.read](const JsonNode& node, LabelsConfig& labels) {
                        read(node, labels.file);
                      },
                      field.required});
  fields.push_back({"ignore", [](const JsonNode& node, LabelsConfig& labels) {
                      labels.ignore = node.integer();
                    }});
  return fields;
}

void check_labels(const JsonNode& node, const EvaluateConfig& evaluate) {
  if (evaluate.labels) return;
  const auto check = [&](const std::string& metric, const std::string& path) {
    if (needs_labels(metric))
      reject(node.source().label, path, "'" + metric + "' but no labels",
             "it only with labels: add " + child_path(node.path(), "labels"));
  };
  for (const auto& metric : evaluate.metrics.value_or(std::vector<FunctionConfig>()))
    check(metric.name, metric.path);
  for (const auto& gate : evaluate.gates) check(gate.metric, gate.path);
}

void check_gates_are_listed(const JsonNode& node, const EvaluateConfig& evaluate) {
  if (!evaluate.metrics) return;
  Names listed;
  for (const auto& metric : *evaluate.metrics) listed.push_back(metric.name);
  for (const auto& gate : evaluate.gates)
    if (std::find(listed.begin(), listed.end(), gate.metric) == listed.end())
      reject(node.source().label, gate.path, "a gate on a metric that is not computed",
             "those of " + child_path(node.path(), "metrics") + ": " + quoted_list(listed),
             did_you_mean(gate.metric, listed));
}

Field<GateConfig> bound_field(const std::string& key, std::optional<double> GateConfig::*bound) {
  return {key, [bound](const JsonNode& node, GateConfig& gate) { gate.*bound = node.number(); }};
}

}  // namespace

LabelsConfig read_labels(const JsonNode& node) {
  LabelsConfig labels;
  read_fields(node, labels_fields(), labels);
  check_member(node, labels.file);
  return labels;
}

GateConfig read_gate(const JsonNode& node, const std::string& metric) {
  GateConfig gate;
  gate.metric = metric;
  gate.path = node.path();
  read_fields(node, gate_fields(), gate);
  if (!gate.min && !gate.max && !gate.max_drop)
    node.fail_found("none of them", "at least one of " + quoted_list(keys_of(gate_fields())));
  if (gate.min && gate.max && *gate.min > *gate.max)
    node.fail_found(
        "min " + node.find("min")->json().dump() + " and max " + node.find("max")->json().dump(),
        "min <= max");
  if (gate.max_drop && !can_drop(metric))
    node.find("max_drop")
        ->fail("it only for " + droppable_metrics() + " and functions of your own: '" + metric +
               "' compares with the baseline already");
  return gate;
}

const BuiltInMetric* find_built_in_metric(const std::string& name) {
  for (const auto& metric : built_in_metrics)
    if (name == metric.name) return &metric;
  return nullptr;
}

const Fields<LabelsConfig>& labels_fields() {
  static const Fields<LabelsConfig> fields = make_labels_fields();
  return fields;
}

const Fields<GateConfig>& gate_fields() {
  static const Fields<GateConfig> fields = {
      bound_field("min", &GateConfig::min),
      bound_field("max", &GateConfig::max),
      {"max_drop",
       [](const JsonNode& node, GateConfig& gate) {
         gate.max_drop = node.number();
         if (*gate.max_drop < 0) node.fail("a number >= 0");
       }},
  };
  return fields;
}

const Fields<EvaluateConfig>& evaluate_fields() {
  using Evaluate = EvaluateConfig;
  static const Fields<Evaluate> fields = {
      {"data", [](const JsonNode& node, Evaluate& evaluate) { evaluate.data = read_data(node); }},
      {"labels",
       [](const JsonNode& node, Evaluate& evaluate) { evaluate.labels = read_labels(node); }},
      {"output",
       [](const JsonNode& node, Evaluate& evaluate) { evaluate.output = read_output_path(node); }},
      {"class_dim",
       [](const JsonNode& node, Evaluate& evaluate) { evaluate.class_dim = node.integer(); }},
      {"metrics",
       [](const JsonNode& node, Evaluate& evaluate) { evaluate.metrics = read_metrics(node); }},
      {"gates",
       [](const JsonNode& node, Evaluate& evaluate) { evaluate.gates = read_gates(node); }},
  };
  return fields;
}

EvaluateConfig read_evaluate(const JsonNode& node) {
  EvaluateConfig evaluate;
  read_fields(node, evaluate_fields(), evaluate);
  check_labels(node, evaluate);
  check_gates_are_listed(node, evaluate);
  return evaluate;
}

}  // namespace actsparse
