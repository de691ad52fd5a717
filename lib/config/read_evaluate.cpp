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

Value<std::variant<int64_t, std::string>> output_path() {
  using Output = std::variant<int64_t, std::string>;
  const std::string allowed = "a position, a name, or a dotted path of them (\"1.logits.0\")";
  const auto position =
      integer({0, IntegerRange().most,
               " (the output's position), its name, or a dotted path (\"1.logits.0\")"});
  const Schema path = {{"type", "string"}, {"pattern", "^[^.]+(\\.[^.]+)*$"}};
  const Form form = {any_of({position.schema, path}), "position, name or dotted path"};
  return value<Output>(form, [=](const JsonNode& node) {
    if (!node.json().is_string()) return Output(position.read(node));
    const std::string text = node.text(allowed);
    if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string::npos)
      node.fail(allowed);
    return Output(text);
  });
}

Value<std::vector<FunctionConfig>> metrics() {
  const auto metric = function_value("a metric's name, or {\"name\": ..., parameters}");
  auto list = list_of(metric, "list of functions", "");
  list.read = [read = metric.read](const JsonNode& node) {
    std::vector<FunctionConfig> metrics;
    for (const auto& item : node.filled_list("a list with at least one metric")) {
      metrics.push_back(read(item));
      for (size_t i = 0; i + 1 < metrics.size(); ++i)
        if (metrics[i].name == metrics.back().name)
          item.fail_found("'" + metrics[i].name + "' a second time", "each metric once");
    }
    return metrics;
  };
  return list;
}

// A metric that compares with the baseline already cannot drop.
Schema gates_schema() {
  std::string names;
  for (const auto& metric : built_in_metrics)
    if (!metric.needs_labels) names += (names.empty() ? "" : "|") + std::string(metric.name);
  const Schema no_drop = {{"not", {{"required", Schema::array({"max_drop"})}}}};
  const Schema bounds = {{"allOf", Schema::array({reference_to("gate"), no_drop})}};
  return {{"type", "object"},
          {"additionalProperties", reference_to("gate")},
          {"patternProperties", {{"^(" + names + ")$", bounds}}}};
}

Value<std::vector<GateConfig>> gates() {
  return value<std::vector<GateConfig>>({gates_schema(), "object"}, [](const JsonNode& node) {
    node.expect_object("an object of gates, by metric");
    std::vector<GateConfig> gates;
    for (const auto& [metric, bounds] : node.json().items())
      gates.push_back(read_gate(*node.find(metric), metric));
    return gates;
  });
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

Value<double> drop() {
  NumberRange range;
  range.least = 0;
  range.allowed = "a number >= 0";
  return number(range);
}

}  // namespace

LabelsConfig read_labels(const JsonNode& node) {
  LabelsConfig labels;
  read_object(node, labels_object(), labels);
  check_member(node, labels.file);
  return labels;
}

GateConfig read_gate(const JsonNode& node, const std::string& metric) {
  GateConfig gate;
  gate.metric = metric;
  gate.path = node.path();
  read_object(node, gate_object(), gate);
  if (!gate.min && !gate.max && !gate.max_drop)
    node.fail_found("none of them",
                    "at least one of " + quoted_list(keys_of(gate_object().fields)));
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

const Object<LabelsConfig>& labels_object() {
  using Labels = LabelsConfig;
  static const Object<Labels> object = {
      "labels",
      "the right classes, as integers: the shape of the judged output without its classes",
      joined(lifted(&Labels::file, file_fields()),
             {field("ignore", &Labels::ignore, integer(),
                    "positions with this label are left out of every class metric",
                    otherwise("none"))}),
      {{"allOf", Schema::array({member_rule()})}}};
  return object;
}

const Object<GateConfig>& gate_object() {
  using Gate = GateConfig;
  static const Object<Gate> object = {
      "gate",
      "at least one bound, in the metric's own unit",
      {field("min", &Gate::min, number(), "the metric must not be below it"),
       field("max", &Gate::max, number(), "the metric must not be above it"),
       field("max_drop", &Gate::max_drop, drop(),
             "so much worse than the unmasked model's at most; for metrics that need labels, and "
             "functions of your own")},
      {{"minProperties", 1}}};
  return object;
}

const Object<EvaluateConfig>& evaluate_object() {
  using Evaluate = EvaluateConfig;
  static const Object<Evaluate> object = {
      "evaluate",
      "what a masked model is judged by",
      {field("data", &Evaluate::data, data_value(),
             "what the models are compared on, with the keys of the top level's [`data`](#data). "
             "Better data that masks were not chosen on",
             otherwise("the calibration data")),
       field("labels", &Evaluate::labels,
             value<LabelsConfig>({reference_to("labels"), "object"}, read_labels),
             "the right classes, below", otherwise("none")),
       field("output", &Evaluate::output, output_path(),
             "the tensor that class metrics judge, where a model returns several: `1`, "
             "`\"logits\"`, `\"1.logits.0\"` (into tuples, lists and dicts)",
             otherwise("the first floating tensor")),
       field("class_dim", &Evaluate::class_dim, integer(),
             "the dimension of that tensor that counts classes; negative counts from the last",
             otherwise("below")),
       field("metrics", &Evaluate::metrics, metrics(),
             "what is measured: built-in metrics (below), and functions of the `functions` files",
             otherwise("all built-in ones that apply")),
       field(
           "gates", &Evaluate::gates, gates(),
           "bounds by metric. Where one does not hold, no model is written and the exit code is 8",
           otherwise("none"))}};
  return object;
}

EvaluateConfig read_evaluate(const JsonNode& node) {
  EvaluateConfig evaluate;
  read_object(node, evaluate_object(), evaluate);
  check_labels(node, evaluate);
  check_gates_are_listed(node, evaluate);
  return evaluate;
}

}  // namespace actsparse
