#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/digest.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "base/version.h"
#include "functions/channel_dim.h"
#include "functions/dynamic_masks.h"
#include "model/layer_uses.h"
#include "model/load_model.h"
#include "model/registrable_layers.h"
#include "pipeline/prepared_job.h"
#include "sparsifier/align_masks.h"

namespace actsparse {
namespace {

// In two parts, so that a bad default is told where it stands.
void check_mask(const MergedSettings& settings, const LayerSelector& layer,
                const FunctionTable& functions) {
  const auto& given = layer.settings.sparse_config;
  const auto own = given && *given ? **given : nlohmann::json::object();
  nlohmann::json inherited = settings.sparse_config;
  for (const auto& item : own.items()) inherited.erase(item.key());
  std::vector<ParameterSource> sources = {{inherited, "defaults.sparse_config"}};
  if (given) sources.push_back({own, layer.path + ".sparse_config"});
  functions.mask(*settings.mask_fn, sources);
}

void check_align(const MergedSettings& settings, const LayerSelector& layer) try {
  check_alignable(settings);
} catch (const Error& error) {
  throw error.in(layer.path);
}

void check_goes_together(const MergedSettings& settings, const LayerSelector& layer) try {
  check_aggregate(settings);
} catch (const Error& error) {
  throw error.in(layer.path);
}

void check_is_dynamic(const MergedSettings& settings, const LayerSelector& layer) try {
  check_dynamic(settings);
} catch (const Error& error) {
  throw error.in(layer.path);
}

void check_functions(const Config& config, const FunctionTable& functions) {
  for (const auto& layer : config.layers) {
    MergedSettings settings = merge(config.defaults, layer.settings);
    settings.aggregate_fn = with_channel_dim(*settings.aggregate_fn, 1);  // some number
    check_align(settings, layer);
    check_goes_together(settings, layer);
    functions.aggregate(*settings.aggregate_fn);
    functions.reduce(*settings.reduce_fn);
    check_mask(settings, layer, functions);
    check_is_dynamic(settings, layer);
  }
}

// A smaller last batch cannot be added to full ones element by element: better known now than hours
// later.
void refuse_ragged_batch(const BatchSource& data, const Config& config,
                         const FunctionTable& functions) {
  if (data.ragged_last() == 0) return;
  const auto takes_it = [&](const LayerSelector& layer) {
    const MergedSettings settings = merge(config.defaults, layer.settings);
    return functions.takes_any_batch_size(with_channel_dim(*settings.aggregate_fn, 1));
  };
  if (std::all_of(config.layers.begin(), config.layers.end(), takes_it)) return;
  throw Error(
      ErrorKind::Data,
      fmt::format(
          "the last batch has {} samples, the others {}, and elementwise aggregates need equal "
          "shapes: set data.drop_last to true, choose a data.batch_size that divides {}, or let "
          "aggregate_fn reduce dimension 0 (\"dim\", \"except_dim\")",
          data.ragged_last(), config.data.batch_size, data.samples().value_or(0)));
}

// A layer without a forward cannot even be registered.
void leave_out_inlined(Selection& selection, const Config& config, const Session& session) {
  const LayerUses uses(session);
  std::vector<SelectedLayer> kept;
  for (auto& layer : selection.layers) {
    const auto& name = layer.layer;
    if (name.empty() || !config.layers[layer.entry].optional || uses.has_any(name))
      kept.push_back(std::move(layer));
    else
      selection.warnings.push_back(left_out(
          name, "it has no forward: a container, code inlined by its parent, or not in the trace"));
  }
  selection.layers = std::move(kept);
}

void tell_hidden(PreparedJob& job) {
  std::vector<std::string> layers;
  for (const auto& layer : job.layers) layers.push_back(layer.layer);
  const auto hidden = hidden_layers(job.session.model, layers);
  if (hidden.empty()) return;
  job.warnings.add(
      fmt::format("PyTorch's fast path of attention hides {} of {} layers ({}{}): observed and "
                  "masked models take the slow "
                  "path, whose outputs differ by rounding",
                  hidden.size(), layers.size(), hidden.front(), hidden.size() > 1 ? ", ..." : ""));
}

void register_layers(PreparedJob& job, const Config& config) {
  for (const auto& layer : job.layers) {
    const auto& entry = config.layers[layer.entry];
    try {
      job.sparsifier.register_layer(layer.layer, entry.settings, entry.input);
    } catch (const Error& error) {
      throw error.in(entry.path);
    }
  }
}

}  // namespace

std::string left_out(const std::string& layer, const std::string& reason) {
  return layer_text(layer) + ": never called (" + reason + "); left out, as its entry is optional";
}

FunctionTable load_functions(const Config& config) {
  FunctionTable functions;
  for (const auto& file : config.functions) functions.add_source(read_function_source(file));
  check_functions(config, functions);
  return functions;
}

Shard own_shard(const RunOptions& options) {
  const auto& group = options.group;
  return group.is_alone() ? options.shard : Shard{group.rank() + 1, group.size()};
}

Session load_session(const Config& config, const RunOptions& options) {
  Session session{load_model(config.model.path, options.device), config.model.method,
                  config.model.mode == "train", options.device};
  try {
    require_method(session.model, session.method);
  } catch (const Error& error) {
    throw error.in(config.model.path.string());
  }
  return session;
}

Provenance origin_of(const Config& config, const FunctionTable& functions) {
  Provenance origin;
  origin.tool_version = tool_version();
  origin.libtorch_version = libtorch_version();
  origin.model = config.model.written_path;
  origin.model_digest = digest_of_file(config.model.path, ErrorKind::Model);
  origin.method = config.model.method;
  origin.mode = config.model.mode;
  origin.config_digest = config_digest(config);
  origin.functions = digests_of(functions.sources());
  return origin;
}

PreparedJob prepare(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  FunctionTable functions = load_functions(config);
  auto data = open_batches(config.data, own_shard(options));
  std::string fingerprint = data->fingerprint();
  refuse_ragged_batch(*data, config, functions);
  const Session session = load_session(config, options);
  check_memory(data->batch_bytes());
  Selection selection = select_layers(registrable_layers(session), config.layers);
  leave_out_inlined(selection, config, session);
  Provenance origin = origin_of(config, functions);
  PreparedJob job{session,
                  ActivationSparsifier(session, std::move(functions), config.defaults),
                  std::move(data),
                  std::move(fingerprint),
                  std::move(selection.layers),
                  std::move(origin),
                  {}};
  register_layers(job, config);
  check_grams(job.sparsifier.layers());
  job.warnings.add(selection.warnings);
  tell_hidden(job);
  job.load_seconds = stopwatch.seconds();
  return job;
}

}  // namespace actsparse
