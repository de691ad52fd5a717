#include <ATen/Context.h>

#include "model/apply_masks.h"
#include "model/extra_files.h"
#include "model/load_model.h"
#include "model/registrable_layers.h"
#include "pipeline/prepared_job.h"

namespace actsparse {
namespace {

int64_t own_parameters(const Layer& layer) {
  if (!layer.parameter.empty()) return layer.module.attr(layer.parameter).toTensor().numel();
  int64_t count = 0;
  for (const auto& parameter : layer.module.parameters(/*recurse=*/false))
    count += parameter.numel();
  return count;
}

InspectedLayer inspected_layer(const torch::jit::Module& model, Layer layer) {
  InspectedLayer inspected;
  inspected.parameters = own_parameters(layer);
  inspected.masked = !mask_buffer(find_owner(model, layer.name)).empty();
  inspected.layer = std::move(layer);
  return inspected;
}

// Marks what the config selects; returns the sites to look at, of all layers.
std::vector<ProbeSite> mark_selected(Inspection& inspection, const Config& config) {
  std::vector<Layer> layers;
  for (const auto& inspected : inspection.layers) layers.push_back(inspected.layer);
  const Selection selection = select_layers(layers, config.layers);
  inspection.warnings.insert(inspection.warnings.end(), selection.warnings.begin(),
                             selection.warnings.end());
  std::vector<ProbeSite> sites;
  for (auto& inspected : inspection.layers) {
    ProbeSite site{inspected.layer.name};
    for (const auto& selected : selection.layers) {
      if (selected.layer != inspected.layer.name) continue;
      const auto& selector = config.layers.at(selected.entry);
      inspected.entry = selector.path;
      inspected.settings = to_json(merge(config.defaults, selector.settings));
      site.input = selector.input;
    }
    if (inspected.layer.same_as.empty()) sites.push_back(std::move(site));
  }
  return sites;
}

void probe(Inspection& inspection, const torch::jit::Module& model, const Config& config,
           const std::vector<ProbeSite>& sites) {
  const auto data = open_batches(config.data);
  check_memory(data->batch_bytes());
  const auto batch = data->next();
  at::manual_seed(config.run.seed);
  require_method(model, config.model.method);
  const auto probes = probe_layers({model, config.model.method, config.model.mode == "train"},
                                   sites, batch.value().arguments);
  inspection.batch = batch->origin;
  auto next = probes.begin();
  for (auto& inspected : inspection.layers)
    if (inspected.layer.same_as.empty()) inspected.probe = *next++;
}

}  // namespace

Inspection inspect_model(const std::filesystem::path& model_path, const Config* config,
                         const RunOptions& options) {
  const auto model = load_model(model_path, options.device);
  Inspection inspection;
  inspection.model = model_path.string();
  inspection.provenance = provenance_in(read_extra_files(model_path));
  auto layers = registrable_layers({model, config == nullptr ? "forward" : config->model.method});
  if (const auto warning = no_layers(layers); !warning.empty())
    inspection.warnings.push_back(warning);
  for (auto& layer : layers) inspection.layers.push_back(inspected_layer(model, std::move(layer)));
  if (config != nullptr) probe(inspection, model, *config, mark_selected(inspection, *config));
  return inspection;
}

}  // namespace actsparse
