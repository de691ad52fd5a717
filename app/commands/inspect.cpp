#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "base/error.h"
#include "commands/commands.h"
#include "global_options.h"
#include "model/apply_masks.h"
#include "model/load_model.h"
#include "model/select_layers.h"
#include "report/table.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string model;
  bool json = false;
};

/// A layer of the model, and the config entry that selects it, if any.
struct Row {
  Layer layer;
  std::optional<SelectedLayer> selected;
};

std::vector<std::string> method_names(const Layer& layer) {
  std::vector<std::string> names;
  for (const auto& method : layer.module.get_methods()) names.push_back(method.name());
  return names;
}

int64_t own_parameters(const Layer& layer) {
  int64_t count = 0;
  for (const auto& parameter : layer.module.parameters(/*recurse=*/false))
    count += parameter.numel();
  return count;
}

std::vector<Row> find_rows(const torch::jit::Module& model, const std::optional<Config>& config,
                           std::vector<std::string>& warnings) {
  const auto layers = list_layers(model);
  Selection selection;
  if (config) selection = select_layers(layers, config->layers);
  warnings = selection.warnings;
  std::vector<Row> rows;
  for (const auto& layer : layers) {
    rows.push_back({layer, std::nullopt});
    for (const auto& selected : selection.layers)
      if (selected.site.layer == layer.name) rows.back().selected = selected;
  }
  return rows;
}

json row_json(const Row& row, const std::optional<Config>& config) {
  json entry = {{"name", row.layer.name},
                {"type", row.layer.type},
                {"qualified_type", row.layer.qualified_type},
                {"methods", method_names(row.layer)},
                {"parameters", own_parameters(row.layer)},
                {"masked", !mask_buffer(row.layer.module).empty()}};
  entry["same_as"] = row.layer.same_as.empty() ? json(nullptr) : json(row.layer.same_as);
  entry["selected"] = row.selected.has_value();
  if (!row.selected) return entry;
  const auto& selector = config->layers.at(row.selected->entry);
  entry["entry"] = selector.path;
  entry["settings"] = to_json(merge(config->defaults, selector.settings));
  return entry;
}

void print_json(const std::vector<Row>& rows, const std::vector<std::string>& warnings,
                const Options& options, const std::optional<Config>& config) {
  json document = {
      {"version", 1}, {"model", options.model}, {"layers", json::array()}, {"warnings", warnings}};
  for (const auto& row : rows) document["layers"].push_back(row_json(row, config));
  std::cout << document.dump(2) << std::endl;
}

void print_rows(const std::vector<Row>& rows, const std::vector<std::string>& warnings) {
  std::vector<std::vector<std::string>> table = {
      {"layer", "type", "parameters", "methods", "notes"}};
  for (const auto& row : rows) {
    std::string methods, notes;
    for (const auto& name : method_names(row.layer)) methods += (methods.empty() ? "" : " ") + name;
    if (!row.layer.same_as.empty()) notes += "same instance as " + row.layer.same_as + "; ";
    if (!mask_buffer(row.layer.module).empty()) notes += "masked already; ";
    if (row.selected) notes += "selected by layers." + std::to_string(row.selected->entry) + "; ";
    table.push_back({row.layer.name.empty() ? "(root)" : row.layer.name, row.layer.type,
                     std::to_string(own_parameters(row.layer)), methods,
                     notes.substr(0, notes.size() - (notes.empty() ? 0 : 2))});
  }
  print_table(table, {2}, std::cout);
  for (const auto& warning : warnings) std::cout << "warning: " << warning << '\n';
}

void inspect_command(const Options& options) {
  set_up(options.global);
  if (options.config.file.empty() && !options.config.overrides.empty())
    throw Error(ErrorKind::Usage, "--set needs --config");
  std::optional<Config> config;
  if (!options.config.file.empty()) config = load_config(options.config);
  const auto model = load_model(options.model, options.global.device);
  std::vector<std::string> warnings;
  const auto rows = find_rows(model, config, warnings);
  if (options.json)
    print_json(rows, warnings, options, config);
  else
    print_rows(rows, warnings);
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect", "List the layers of a model, and which of them a config selects");
  command->add_option("MODEL", options->model, "TorchScript file")->required();
  add_config_options(*command, options->config, false);
  command->add_flag("--json", options->json, "Print one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] { inspect_command(*options); });
}

}  // namespace actsparse
