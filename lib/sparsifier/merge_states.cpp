#include "sparsifier/merge_states.h"

#include <algorithm>
#include <map>
#include <memory>
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

void check_same_job(const NamedState& a, const NamedState& b) {
  const StateMeta &x = a.state.meta, &y = b.state.meta;
  const std::pair<bool, const char*> parts[] = {
      {x.tool_version == y.tool_version, "they are of different versions of actsparse"},
      {x.libtorch_version == y.libtorch_version, "they were made with different LibTorch versions"},
      {x.model_digest == y.model_digest, "the models differ"},
      {x.data_digest == y.data_digest, "the data differ"},
      {x.config_digest == y.config_digest, "the configs differ"},
      {x.method == y.method && x.mode == y.mode, "the methods or modes differ"},
      {same_functions(x, y), "the function sources differ"},
      {x.total_batches == y.total_batches, "the numbers of batches differ"},
      {x.precision == y.precision || x.batches == 0 || y.batches == 0,
       "one ran with precision \"fast\", the other with \"exact\""},
      {same_layers(a.state, b.state), "their layers or settings differ"}};
  for (const auto& [is_same, why] : parts)
    if (!is_same) refuse(a, b, why);
}

void check_calibrated(const NamedState& named) {
  for (const auto& layer : named.state.layers)
    if (layer.mask || layer.hook_state != HookState::Aggregate)
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

FunctionTable functions_of(const StateMeta& meta) {
  FunctionTable functions;
  for (const auto& source : meta.function_sources) functions.add_source(source);
  return functions;
}

// One layer of all states, which are sorted by their first batches.
LayerRecord merge_layer(const std::vector<NamedState>& states, size_t index,
                        const FunctionTable& functions) {
  LayerRecord merged = states.front().state.layers[index];
  merged.data.reset();
  merged.calls = 0;
  const auto make = functions.aggregate(merged.settings.aggregate_fn.value());
  std::vector<std::unique_ptr<Aggregate>> aggregates;
  int64_t last = -1;
  for (const auto& [name, state] : states) {
    const LayerRecord& layer = state.layers[index];
    if (!merged.channels) merged.channels = layer.channels;
    if (!layer.data) continue;
    const auto data = as_list(*layer.data);
    while (aggregates.size() < data.size()) aggregates.push_back(make());
    try {
      for (size_t i = 0; i < data.size(); ++i) aggregates[i]->merge(data[i], layer.calls);
    } catch (const Error& error) {
      throw error.in(name + ": " + layer_text(layer.site.layer));
    }
    merged.calls += layer.calls;
    if (const int64_t own = last_batch_of(state.meta); own > last) {
      last = own;
      merged.input_shape = layer.input_shape;
      merged.input_dtype = layer.input_dtype;
    }
  }
  std::vector<at::Tensor> data;
  for (const auto& aggregate : aggregates) data.push_back(aggregate->data());
  if (data.empty()) return merged;
  if (merged.settings.features)
    merged.data = std::move(data);
  else
    merged.data = data.front();
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
    runs.insert(runs.end(), state.meta.coverage.begin(), state.meta.coverage.end());
  }
  meta.coverage = runs_of(batches_in(runs));
  return meta;
}

std::vector<int64_t> missing_batches(const StateMeta& meta) {
  std::vector<int64_t> all(static_cast<size_t>(meta.total_batches)), missing;
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  const auto seen = batches_in(meta.coverage);
  std::set_difference(all.begin(), all.end(), seen.begin(), seen.end(),
                      std::back_inserter(missing));
  return missing;
}

}  // namespace

std::vector<std::string> leave_out_uncalled(StateDict& state) {
  std::vector<std::string> names;
  std::vector<LayerRecord> called;
  for (auto& layer : state.layers) {
    if (layer.calls == 0)
      names.push_back(layer.site.layer);
    else
      called.push_back(std::move(layer));
  }
  state.layers = std::move(called);
  return names;
}

bool same_functions(const StateMeta& a, const StateMeta& b) {
  const auto &x = a.function_sources, &y = b.function_sources;
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](const auto& one, const auto& other) { return one.text == other.text; });
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
  const FunctionTable functions = functions_of(merged.state.meta);
  for (size_t i = 0; i < states.front().state.layers.size(); ++i)
    merged.state.layers.push_back(merge_layer(states, i, functions));
  merged.missing = missing_batches(merged.state.meta);
  return merged;
}

}  // namespace actsparse
