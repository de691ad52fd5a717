#include "base/error.h"
#include "compact/channel_groups.h"
#include "model/default_input.h"
#include "model/load_model.h"
#include "model/registrable_layers.h"
#include "pipeline/prepared_job.h"
#include "pipeline/trial_batches.h"

namespace actsparse {

ChannelSets inspect_groups(const std::filesystem::path& model_path, const Config& config,
                           const RunOptions& options) {
  const auto model = load_model(model_path, options.device);
  require_method(model, config.model.method);
  const Selection selection =
      select_layers(registrable_layers({model, config.model.method}), config.layers);
  std::vector<Site> sites;
  std::vector<std::string> layers;
  DefaultInputs inputs({model, config.model.method});
  for (const auto& [layer, type, entry] : selection.layers) try {
      sites.push_back({layer, inputs.of(layer, config.layers[entry].input)});
      layers.push_back(layer);
    } catch (const Error& error) {
      throw error.in(config.layers[entry].path);
    }
  const auto data = open_batches(config.data);
  check_memory(data->batch_bytes());
  const Session session(model, config.model.method, false, options.device);
  const Trials trials = find_trials(session, first_batch(*data, "first batch"));
  ChannelSets sets = channel_sets(layers, examine_groups(session, sites, trials.sizes));
  sets.model = model_path.filename().string();
  sets.warnings.insert(sets.warnings.begin(), selection.warnings.begin(), selection.warnings.end());
  return sets;
}

}  // namespace actsparse
