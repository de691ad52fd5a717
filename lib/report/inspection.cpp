#include "report/inspection.h"

#include "base/error.h"
#include "functions/tensors.h"
#include "model/call_methods.h"
#include "report/provenance_rows.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

json methods_json(const Layer& layer) {
  json methods = json::array();
  if (!layer.parameter.empty()) return methods;
  for (const auto& method : layer.module.get_methods()) methods.push_back(method.name());
  return methods;
}

// {"forward": [{"name": "x", "type": "Tensor"}]}: self left out.
json arguments_json(const Layer& layer) {
  json methods = json::object();
  if (!layer.parameter.empty()) return methods;
  for (const auto& method : layer.module.get_methods()) {
    json& arguments = methods[method.name()] = json::array();
    const auto& schema = method.function().getSchema().arguments();
    for (size_t i = 1; i < schema.size(); ++i)
      arguments.push_back(
          {{"name", schema[i].name()}, {"type", schema[i].type()->annotation_str()}});
  }
  return methods;
}

json input_json(const std::optional<InputSelector>& input) {
  if (!input) return nullptr;
  return std::visit([](const auto& selector) { return json(selector); }, *input);
}

json probe_json(const std::optional<LayerProbe>& probe) {
  if (!probe) return nullptr;
  return {{"calls", probe->calls},
          {"input", input_json(probe->input)},
          {"input_shapes", probe->shapes},
          {"input_dtype", probe->dtype ? json(dtype_name(*probe->dtype)) : json(nullptr)},
          {"observable", probe->obstacle.empty()},
          {"obstacle", probe->obstacle.empty() ? json(nullptr) : json(probe->obstacle)}};
}

json inspected_json(const InspectedLayer& inspected) {
  const Layer& layer = inspected.layer;
  json entry = {{"name", layer.name},
                {"type", layer.type},
                {"qualified_type", layer.qualified_type},
                {"methods", methods_json(layer)},
                {"arguments", arguments_json(layer)},
                {"parameters", inspected.parameters},
                {"masked", inspected.masked}};
  entry["functional"] = layer.functional.empty() ? json(nullptr) : json(layer.functional);
  entry["same_as"] = layer.same_as.empty() ? json(nullptr) : json(layer.same_as);
  entry["selected"] = !inspected.entry.empty();
  if (!inspected.entry.empty()) {
    entry["entry"] = inspected.entry;
    entry["settings"] = inspected.settings;
  }
  entry["batch"] = probe_json(inspected.probe);
  return entry;
}

// "forward(x: Tensor, n: int)". Of a layer only what is a call of it; of the model every method,
// as any can be run.
std::string methods_text(const Layer& layer) {
  std::string text;
  const json methods = arguments_json(layer);
  for (const auto& [method, arguments] : methods.items()) {
    if (!layer.name.empty() && !is_call_method(method)) continue;
    text += (text.empty() ? "" : " ") + method + "(";
    for (size_t i = 0; i < arguments.size(); ++i)
      text += (i > 0 ? ", " : "") + arguments[i]["name"].get<std::string>() + ": " +
              arguments[i]["type"].get<std::string>();
    text += ")";
  }
  return text;
}

std::string input_text(const LayerProbe& probe) {
  if (!probe.dtype) return "-";
  std::string text = shape_text(probe.shapes.at(0));
  if (probe.shapes.size() > 1)
    text += " and " + std::to_string(probe.shapes.size() - 1) +
            (probe.shapes.size() == 2 ? " other shape" : " other shapes");
  return text + ", " + dtype_name(*probe.dtype);
}

std::string notes_text(const InspectedLayer& inspected) {
  std::vector<std::string> notes;
  if (!inspected.layer.same_as.empty())
    notes.push_back("same instance as " + inspected.layer.same_as);
  if (!inspected.layer.functional.empty())
    notes.push_back("functional: " + inspected.layer.functional);
  if (inspected.masked) notes.push_back("masked already");
  if (!inspected.entry.empty()) notes.push_back("selected by " + inspected.entry);
  if (inspected.probe && inspected.probe->input.value_or(int64_t{0}) != InputSelector(int64_t{0}))
    notes.push_back("its input is argument " + input_json(inspected.probe->input).dump());
  if (inspected.probe && !inspected.probe->obstacle.empty())
    notes.push_back(inspected.probe->obstacle);
  std::string text;
  for (const auto& note : notes) text += (text.empty() ? "" : "; ") + note;
  return text;
}

std::vector<std::string> cells(const InspectedLayer& inspected, bool ran) {
  const Layer& layer = inspected.layer;
  std::vector<std::string> row = {layer.name.empty() ? "(root)" : layer.name, layer.type,
                                  std::to_string(inspected.parameters)};
  if (inspected.probe)
    row.insert(row.end(), {std::to_string(inspected.probe->calls), input_text(*inspected.probe)});
  else if (ran)
    row.insert(row.end(), {"-", "-"});
  row.insert(row.end(), {methods_text(layer), notes_text(inspected)});
  return row;
}

Table layer_table(const Inspection& inspection, bool ran) {
  Table table{{{"layer", "type", "parameters"}}, {2}};
  auto& heading = table.rows.front();
  if (ran) {
    heading.insert(heading.end(), {"calls", "input"});
    table.right.push_back(3);
  }
  heading.insert(heading.end(), {"methods", "notes"});
  for (const auto& layer : inspection.layers) table.rows.push_back(cells(layer, ran));
  return table;
}

}  // namespace

json to_json(const Inspection& inspection) {
  json document = {{"version", 1}, {"model", inspection.model}};
  document["provenance"] = inspection.provenance ? to_json(*inspection.provenance) : json(nullptr);
  document["batch"] = inspection.batch.empty() ? json(nullptr) : json(inspection.batch);
  document["layers"] = json::array();
  for (const auto& layer : inspection.layers) document["layers"].push_back(inspected_json(layer));
  document["warnings"] = inspection.warnings;
  return document;
}

Rows rows(const Inspection& inspection) {
  Rows all;
  if (inspection.provenance) all = rows(*inspection.provenance);
  const bool ran = !inspection.batch.empty();
  all.push_back(layer_table(inspection, ran));
  if (ran) all.push_back(line("calls and inputs are those of " + inspection.batch));
  for (const auto& warning : inspection.warnings) all.push_back(line("warning: " + warning));
  return all;
}

}  // namespace actsparse
