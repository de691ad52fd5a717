#include "report/repair_report.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "base/error.h"
#include "report/evaluation_report.h"
#include "report/json_fields.h"

namespace actsparse {
namespace {

// JSON knows no infinity: an error without outputs to compare it with.
OrderedJson finite_or_null(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
}

// Of -1: nothing was held out.
OrderedJson held_out_number(double value) {
  return value < 0 ? OrderedJson(nullptr) : finite_or_null(value);
}

double read_held_out(const OrderedJson& part, const char* key) {
  return optional_at<double>(part, key).value_or(-1);
}

double read_number(const OrderedJson& part, const char* key) {
  return optional_at<double>(part, key).value_or(std::numeric_limits<double>::infinity());
}

std::string error_text(double error) { return error < 0 ? "-" : fmt::format("{:.3f}", error); }

OrderedJson stages_json(const std::vector<StageScores>& stages) {
  OrderedJson parts = OrderedJson::array();
  for (const auto& [stage, metrics] : stages) {
    OrderedJson scores = OrderedJson::object();
    for (const auto& [name, value] : metrics) scores[name] = number_json(value);
    parts.push_back({{"stage", stage}, {"metrics", scores}});
  }
  return parts;
}

std::vector<StageScores> read_stages(const OrderedJson& parts) {
  std::vector<StageScores> stages;
  for (const auto& part : parts) {
    stages.push_back({part.at("stage").get<std::string>()});
    for (const auto& [name, value] : part.at("metrics").items())
      stages.back().metrics.emplace_back(name, number_of(value));
  }
  return stages;
}

Table stage_table(const std::vector<StageScores>& stages) {
  Table table{{{"stage"}}};
  for (const auto& [name, value] : stages.front().metrics) {
    table.right.push_back(table.rows[0].size());
    table.rows[0].push_back(name);
  }
  for (const auto& [stage, metrics] : stages) {
    table.rows.push_back({stage});
    for (const auto& [name, value] : metrics) table.rows.back().push_back(metric_text(name, value));
  }
  return table;
}

Table repaired_table(const RepairReport& repair) {
  Table table{{{"repaired", "choice", "ridge", "error before", "after", "held out before", "after",
                "rows", "unknowns"}},
              {2, 3, 4, 5, 6, 7, 8}};
  for (const auto& layer : repair.layers)
    table.rows.push_back({layer.layer, layer.choice,
                          layer.choice == "linear" ? fmt::format("{:g}", layer.ridge) : "-",
                          error_text(layer.before), error_text(layer.after),
                          error_text(layer.held_out_before), error_text(layer.held_out_after),
                          std::to_string(layer.rows), std::to_string(layer.unknowns)});
  return table;
}

}  // namespace

OrderedJson to_json(const RepairedLayer& layer) {
  return {
      {"layer", layer.layer},
      {"choice", layer.choice},
      {"ridge", layer.choice == "linear" ? OrderedJson(layer.ridge) : OrderedJson(nullptr)},
      {"condition", finite_or_null(layer.condition)},
      {"rows", layer.rows},
      {"unknowns", layer.unknowns},
      {"error", {{"before", finite_or_null(layer.before)}, {"after", finite_or_null(layer.after)}}},
      {"held_out_error",
       {{"before", held_out_number(layer.held_out_before)},
        {"after", held_out_number(layer.held_out_after)}}}};
}

void from_json(const OrderedJson& part, RepairedLayer& layer) {
  part.at("layer").get_to(layer.layer);
  part.at("choice").get_to(layer.choice);
  layer.ridge = optional_at<double>(part, "ridge").value_or(0);
  layer.condition = read_number(part, "condition");
  part.at("rows").get_to(layer.rows);
  part.at("unknowns").get_to(layer.unknowns);
  layer.before = read_number(part.at("error"), "before");
  layer.after = read_number(part.at("error"), "after");
  layer.held_out_before = read_held_out(part.at("held_out_error"), "before");
  layer.held_out_after = read_held_out(part.at("held_out_error"), "after");
}

OrderedJson to_json(const TunedModel& tuned) {
  return {{"steps", tuned.steps},
          {"best_step", tuned.best_step},
          {"loss", tuned.loss},
          {"before", finite_or_null(tuned.before)},
          {"after", finite_or_null(tuned.after)}};
}

void from_json(const OrderedJson& part, TunedModel& tuned) {
  part.at("steps").get_to(tuned.steps);
  part.at("best_step").get_to(tuned.best_step);
  part.at("loss").get_to(tuned.loss);
  tuned.before = read_number(part, "before");
  tuned.after = read_number(part, "after");
}

OrderedJson to_json(const RepairReport& repair) {
  OrderedJson layers = OrderedJson::array(), left = OrderedJson::array();
  for (const auto& layer : repair.layers) layers.push_back(to_json(layer));
  for (const auto& layer : repair.left)
    left.push_back({{"layer", layer.layer}, {"reason", layer.reason}});
  OrderedJson part = {{"method", repair.method},
                      {"batches", repair.batches},
                      {"held_out", repair.held_out},
                      {"layers", layers},
                      {"left", left}};
  if (repair.tuned) part["tuned"] = to_json(*repair.tuned);
  part["stages"] = stages_json(repair.stages);
  return part;
}

void from_json(const OrderedJson& part, RepairReport& repair) {
  if (part.contains("tuned")) from_json(part.at("tuned"), repair.tuned.emplace());
  repair.stages = read_stages(part.value("stages", OrderedJson::array()));
  part.at("method").get_to(repair.method);
  part.at("batches").get_to(repair.batches);
  part.at("held_out").get_to(repair.held_out);
  for (const auto& layer : part.at("layers")) from_json(layer, repair.layers.emplace_back());
  for (const auto& layer : part.at("left"))
    repair.left.push_back(
        {layer.at("layer").get<std::string>(), layer.at("reason").get<std::string>()});
}

Rows rows(const RepairReport& repair) {
  Rows rows;
  if (!repair.layers.empty()) rows.push_back(repaired_table(repair));
  rows.push_back(line(fmt::format("repair: {}, {} batches, {} of them held out; {:.2f} s",
                                  repair.method, repair.batches, repair.held_out, repair.seconds)));
  for (const auto& layer : repair.left)
    rows.push_back(line("not repaired: " + layer_text(layer.layer) + ": " + layer.reason));
  if (const auto& tuned = repair.tuned)
    rows.push_back(line(
        fmt::format("tuned: {} steps, the best after {}; {} held out {:.4g} -> {:.4g}",
                    tuned->steps, tuned->best_step, tuned->loss, tuned->before, tuned->after)));
  if (!repair.stages.empty()) rows.push_back(stage_table(repair.stages));
  return rows;
}

OrderedJson repair_timing_json(const RepairReport& repair) { return {{"seconds", repair.seconds}}; }

void repair_timing_from_json(const OrderedJson& part, RepairReport& repair) {
  part.at("seconds").get_to(repair.seconds);
}

}  // namespace actsparse
