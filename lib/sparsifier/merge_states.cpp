#include "sparsifier/merge_states.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "sparsifier/batch_runs.h"

namespace actsparse {
namespace {

int64_t first_batch_of(const StateMeta& meta) {
  const auto batches = batches_in(meta.coverage);
  return batches.empty() ? meta.total_batches : batches.front();
}

int64_t last_batch_of(const StateMeta& meta) {
  const auto batches = batches_in(meta.coverage);
  return batches.empty() ? -1 : batches.back();
}

[[noreturn]] void refuse(const NamedState& a, const NamedState& b, const std::string& why) {
  throw Error(ErrorKind::State, a.name + " and " + b.name + " cannot be merged: " + why);
}

bool same_layers(const StateDict& a, const StateDict& b) {
  return a.layers.size() == b.layers.size() &&
         std::equal(a.layers.begin(), a.layers.end(), b.layers.begin(),
                    [](const LayerRecord& x, const LayerRecord& y) {
                      return x.site.layer == y.site.layer && x.site.input == y.site.input &&
                             to_json(x.settings) == to_json(y.settings);
                    });
}

bool same_functions(const StateMeta& a, const StateMeta& b) {
  const auto &x = a.function_sources, &y = b.function_sources;
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](const auto& one, const auto& other) { return one.text == other.text; });
}

void check_same_job(const NamedState& a, const NamedState& b) {
  const StateMeta &x = a.state.meta, &y = b.state.meta;
  std::string other = job_difference(x, y);
  if (other.empty() && x.data_digest != y.data_digest) other = "the data";
  if (!other.empty()) refuse(a, b, other + " differs");
  if (x.precision != y.precision && x.batches > 0 && y.batches > 0)
    refuse(a, b, "one ran with precision \"fast\", the other with \"exact\"");
  if (!same_layers(a.state, b.state)) refuse(a, b, "their layers or settings differ");
}

void check_calibrated(const NamedState& named) {
  for (const auto& layer : named.state.layers)
    if (layer.gate || layer.hook_state != HookState::Aggregate)
      throw Error(
          ErrorKind::State,
          named.name + ": was stepped and holds no aggregates; merge the states of calibrate");
}

// Every batch of `named` is new.
void note_batches(const NamedState& named, std::map<int64_t, const NamedState*>& seen) {
  for (const int64_t batch : batches_in(named.state.meta.coverage)) {
    const auto [known, is_new] = seen.emplace(batch, &named);
    if (is_new) continue;
    if (known->second == &named)
      throw Error(ErrorKind::State, named.name + ": counts " + batches_text({batch}) + " twice");
    refuse(*known->second, named, "both have seen " + batches_text({batch}));
  }
}

using Aggregates = std::vector<std::unique_ptr<Aggregate>>;

// The functions that keep a layer's accumulators, by their names.
std::map<std::string, FunctionConfig> keepers_of(const MergedSettings& settings,
                                                 const FunctionTable& functions) {
  std::map<std::string, FunctionConfig> keepers = {{kAggregate, settings.aggregate_fn.value()}};
  for (const auto& [name, function] : functions.needs_of(settings).statistics)
    keepers[name] = function;
  return keepers;
}

void merge_into(Aggregates& aggregates, const AggregateFn& make, const LayerStatistics& layer,
                const std::string& name) {
  const auto kept = layer.accumulators.find(name);
  if (kept == layer.accumulators.end()) return;
  const auto data = as_list(kept->second);
  while (aggregates.size() < data.size()) aggregates.push_back(make());
  for (size_t i = 0; i < data.size(); ++i) aggregates[i]->merge(data[i], layer.calls);
}

// An accumulator of one layer over all states, which are sorted by their first batches; nothing if
// none has called the layer.
std::optional<TensorOrList> merge_accumulator(const std::vector<NamedState>& states, size_t index,
                                              const std::string& name, const AggregateFn& make) {
  Aggregates aggregates;
  for (const auto& [file, state] : states) {
    const LayerRecord& layer = state.layers[index];
    try {
      merge_into(aggregates, make, layer, name);
    } catch (const Error& error) {
      throw error.in(file + ": " + layer_text(layer.site.layer));
    }
  }
  if (aggregates.empty()) return std::nullopt;
  std::vector<at::Tensor> data;
  for (const auto& aggregate : aggregates) data.push_back(aggregate->data());
  return tensor_or_list(std::move(data),
                        states.front().state.layers[index].settings.features.has_value());
}

LayerRecord merge_layer(const std::vector<NamedState>& states, size_t index,
                        const FunctionTable& functions) {
  LayerRecord merged = states.front().state.layers[index];
  merged.accumulators.clear();
  merged.calls = merged.empty_calls = 0;
  int64_t last = -1;
  for (const auto& [name, state] : states) {
    const LayerRecord& layer = state.layers[index];
    if (!merged.channels) merged.channels = layer.channels;
    merged.calls += layer.calls;
    merged.empty_calls += layer.empty_calls;
    const int64_t own = last_batch_of(state.meta);
    if (layer.data() == nullptr || own <= last) continue;
    last = own;
    merged.input_shape = layer.input_shape;
    merged.input_dtype = layer.input_dtype;
  }
  for (const auto& [name, keeper] : keepers_of(merged.settings, functions))
    if (auto data = merge_accumulator(states, index, name, functions.aggregate(keeper)))
      merged.accumulators[name] = std::move(*data);
  return merged;
}

// What the states say together of the batches.
StateMeta merge_metas(const std::vector<NamedState>& states) {
  StateMeta meta = states.front().state.meta;
  meta.checkpoint.reset();
  meta.batches = meta.samples = 0;
  std::vector<BatchRun> runs;
  for (const auto& [name, state] : states) {
    meta.batches += state.meta.batches;
    meta.samples += state.meta.samples;
    meta.takes_one_size |= state.meta.takes_one_size;
    runs.insert(runs.end(), state.meta.coverage.begin(), state.meta.coverage.end());
  }
  meta.coverage = runs_of(batches_in(runs));
  return meta;
}

}  // namespace

std::vector<LayerRecord> leave_out_uncalled(StateDict& state) {
  std::vector<LayerRecord> called, uncalled;
  for (auto& layer : state.layers)
    (layer.calls == 0 ? uncalled : called).push_back(std::move(layer));
  state.layers = std::move(called);
  return uncalled;
}

std::string job_difference(const StateMeta& a, const StateMeta& b) {
  const std::pair<bool, const char*> parts[] = {
      {a.tool_version == b.tool_version, "the version of actsparse"},
      {a.libtorch_version == b.libtorch_version, "the version of LibTorch"},
      {a.model_digest == b.model_digest, "the model"},
      {a.config_digest == b.config_digest, "the config"},
      {a.method == b.method && a.mode == b.mode, "the method or mode"},
      {same_functions(a, b), "a functions file"},
      {a.total_batches == b.total_batches, "the number of batches"}};
  for (const auto& [is_same, what] : parts)
    if (!is_same) return what;
  return "";
}

MergedState merge_states(std::vector<NamedState> states) {
  std::map<int64_t, const NamedState*> seen;
  for (const auto& named : states) {
    check_calibrated(named);
    check_same_job(states.front(), named);
    note_batches(named, seen);
  }
  std::stable_sort(states.begin(), states.end(), [](const NamedState& a, const NamedState& b) {
    return first_batch_of(a.state.meta) < first_batch_of(b.state.meta);
  });
  MergedState merged;
  merged.state.defaults = states.front().state.defaults;
  merged.state.meta = merge_metas(states);
  const FunctionTable functions(merged.state.meta.function_sources);
  for (size_t i = 0; i < states.front().state.layers.size(); ++i)
    merged.state.layers.push_back(merge_layer(states, i, functions));
  merged.missing = batches_missing(merged.state.meta.coverage, merged.state.meta.total_batches);
  return merged;
}

}  // namespace actsparse
