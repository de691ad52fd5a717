#include "quality/chosen_metrics.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"

namespace actsparse {
namespace {

bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Of a user's metric nothing is known.
BuiltInMetric facts_of(const std::string& metric) {
  const auto* built_in = find_built_in_metric(metric);
  return built_in != nullptr ? *built_in : BuiltInMetric{"", false, false, false, false};
}

const UserMetric* find(const std::vector<UserMetric>& user_metrics, const std::string& name) {
  const auto found = std::find_if(user_metrics.begin(), user_metrics.end(),
                                  [&](const auto& metric) { return metric.name == name; });
  return found == user_metrics.end() ? nullptr : &*found;
}

std::vector<std::string> all_names(const std::vector<UserMetric>& user_metrics) {
  std::vector<std::string> names;
  for (const auto& metric : built_in_metrics) names.emplace_back(metric.name);
  for (const auto& metric : user_metrics) names.push_back(metric.name);
  return names;
}

// ---- from the config alone ----

void check_known(const std::string& name, const std::string& path,
                 const std::vector<UserMetric>& user_metrics) {
  const auto names = all_names(user_metrics);
  if (!is_one_of(name, names))
    throw Error(ErrorKind::Config,
                fmt::format("{}: found the metric '{}', allowed is one of {}{}", path, name,
                            list_text(names), did_you_mean(name, names)));
}

void check_labels(const EvaluateConfig& config, const std::string& name, const std::string& path,
                  const std::vector<UserMetric>& user_metrics) {
  const auto* own = find(user_metrics, name);
  const bool needs = own != nullptr ? own->takes_labels : facts_of(name).needs_labels;
  if (needs && !config.labels)
    throw Error(ErrorKind::Config,
                fmt::format("{}: '{}' needs labels; give evaluate.labels", path, name));
}

void check_parameters(const FunctionConfig& metric) {
  if (find_built_in_metric(metric.name) != nullptr && !metric.parameters.empty())
    throw Error(ErrorKind::Config,
                fmt::format("{}: '{}' takes no parameters, found '{}'", metric.path, metric.name,
                            metric.parameters.begin().key()));
}

void check_gate(const EvaluateConfig& config, const GateConfig& gate,
                const std::vector<UserMetric>& user_metrics) {
  check_known(gate.metric, gate.path, user_metrics);
  if (!is_chosen(config, gate.metric))
    throw Error(ErrorKind::Config, fmt::format("{}: '{}' is not computed; add it to "
                                               "evaluate.metrics",
                                               gate.path, gate.metric));
  check_labels(config, gate.metric, gate.path, user_metrics);
  const auto* own = find(user_metrics, gate.metric);
  const bool has_drop = own != nullptr ? own->takes_labels : facts_of(gate.metric).needs_labels;
  if (gate.max_drop && !has_drop)
    throw Error(ErrorKind::Config,
                fmt::format("{}.max_drop: '{}' compares with the baseline and has no drop; give "
                            "min or max",
                            gate.path, gate.metric));
}

// ---- from the outputs ----

// Why a metric cannot be had; empty if it can.
std::string obstacle(const std::string& name, const OutputFacts& facts) {
  const auto needs = facts_of(name);
  if (!facts.has_floating) return facts.judged;
  if (!needs.needs_classes) return "";
  if (facts.classes == 0) return no_classes(facts);
  if (needs.needs_many_classes && facts.classes <= 5)
    return fmt::format("{} has {} classes, more than 5 are wanted", facts.judged, facts.classes);
  return "";
}

void check_applies(ErrorKind kind, const std::string& path, const std::string& name,
                   const OutputFacts& facts) {
  const auto why = obstacle(name, facts);
  if (!why.empty()) throw Error(kind, fmt::format("{}: '{}' does not apply: {}", path, name, why));
}

}  // namespace

std::string no_classes(const OutputFacts& facts) {
  if (!facts.has_floating) return facts.judged;
  return fmt::format(
      "{} has no dimension of two or more classes; see evaluate.output and evaluate.class_dim",
      facts.judged);
}

bool is_chosen(const EvaluateConfig& config, const std::string& metric) {
  return !config.metrics ||
         std::any_of(config.metrics->begin(), config.metrics->end(),
                     [&](const FunctionConfig& function) { return function.name == metric; });
}

bool chooses_classes(const EvaluateConfig& config) {
  return !config.metrics || std::any_of(config.metrics->begin(), config.metrics->end(),
                                        [](const FunctionConfig& metric) {
                                          return facts_of(metric.name).needs_classes;
                                        });
}

void check_metrics(const EvaluateConfig& config, const std::vector<UserMetric>& user_metrics) {
  for (const auto& metric : config.metrics.value_or(std::vector<FunctionConfig>{})) {
    check_known(metric.name, metric.path, user_metrics);
    check_parameters(metric);
    check_labels(config, metric.name, metric.path, user_metrics);
  }
  for (const auto& gate : config.gates) check_gate(config, gate, user_metrics);
}

void check_metrics(const EvaluateConfig& config, const OutputFacts& facts) {
  for (const auto& metric : config.metrics.value_or(std::vector<FunctionConfig>{}))
    check_applies(ErrorKind::Data, metric.path, metric.name, facts);
  for (const auto& gate : config.gates)
    check_applies(ErrorKind::Config, gate.path, gate.metric, facts);
}

}  // namespace actsparse
