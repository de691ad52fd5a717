#include <set>
#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "model/select_layers.h"
#include "pipeline/outputs.h"
#include "pipeline/pipeline.h"
#include "pipeline/warnings.h"
#include "report/answer.h"
#include "sparsifier/complete_settings.h"
#include "sparsifier/compute_masks.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

FunctionTable functions_for(const StateDict& state, const Config* config) {
  FunctionTable functions;
  std::set<std::string> texts;
  for (const auto& source : state.meta.function_sources) {
    functions.add_source(source);
    texts.insert(source.text);
  }
  if (config == nullptr) return functions;
  for (const auto& file : config->functions) {
    const auto source = read_function_source(file);
    if (texts.insert(source.text).second) functions.add_source(source);
  }
  return functions;
}

bool same_data(const std::optional<FunctionConfig>& a, const std::optional<FunctionConfig>& b) {
  return a && b && keep_the_same(*a, *b);
}

// Data once aggregated cannot be aggregated otherwise; only what comes after it can change.
void change_settings(LayerRecord& layer, MergedSettings settings, const std::string& path) {
  take_geometry(settings, layer.settings);
  if (!same_data(layer.settings.aggregate_fn, settings.aggregate_fn) ||
      layer.settings.features != settings.features ||
      layer.settings.feature_dim != settings.feature_dim)
    throw Error(ErrorKind::Config,
                path + ": aggregate_fn, features and feature_dim of " +
                    layer_text(layer.site.layer) +
                    " differ from those it was calibrated with; a step can change reduce_fn, "
                    "mask_fn and sparse_config, and what is made of the same data (mean of a sum, "
                    "another quantile of a histogram) only");
  if (layer.score_factors.defined() &&
      to_json(*layer.settings.reduce_fn) != to_json(settings.reduce_fn.value()))
    layer.score_factors = at::Tensor();  // they are of the other one
  layer.settings = std::move(settings);
}

// The state knows names and types of its layers: enough to select them as in a model.
std::vector<Layer> layers_of(const StateDict& state) {
  std::vector<Layer> layers = {{"", "", "", "", {}}};
  for (const auto& record : state.layers) {
    if (record.site.layer.empty())
      layers.front().type = record.type;
    else
      layers.push_back({record.site.layer, record.type, record.type, "", {}});
  }
  return layers;
}

void reconfigure(StateDict& state, const Config& config, std::vector<std::string>& warnings) {
  auto entries = config.layers;
  for (auto& entry : entries) entry.inner = false;  // the state has none of those left out
  Selection selection = select_layers(layers_of(state), entries);
  for (const auto& selected : selection.layers)
    for (auto& record : state.layers)
      if (record.site.layer == selected.layer)
        change_settings(record, merge(config.defaults, config.layers[selected.entry].settings),
                        config.layers[selected.entry].path);
  warnings = std::move(selection.warnings);
}

}  // namespace

Report step(const std::filesystem::path& state_in, const Config* config,
            const std::filesystem::path& state_out) {
  const Stopwatch stopwatch;
  Outputs outputs;
  outputs.reserve(state_out);
  StateDict state = read_state(state_in);
  FunctionTable functions = functions_for(state, config);
  Report report;
  if (config != nullptr) {
    reconfigure(state, *config, report.warnings);
    state.meta.step_config_digest = config_digest(*config);
  }
  state.meta.function_sources = functions.sources();
  state.meta.functions = digests_of(state.meta.function_sources);
  report.timing.load_seconds = stopwatch.seconds();
  std::vector<LayerWarning> warnings;
  try {
    warnings = compute_masks(state.layers, functions, samples_of(state.meta));
  } catch (const Error& error) {
    throw error.in(state_in.string());
  }
  log_warnings(warnings);
  outputs.create(state_out).write([&](std::ostream& out) { write_state(state, out); });
  outputs.commit();
  report.command = "step";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, warnings);
  report.outputs = {{"state", state_out.filename().string()}};
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const StepRequest& request) {
  return step(request.state_in, request.config ? &*request.config : nullptr, request.state_out);
}

}  // namespace actsparse
