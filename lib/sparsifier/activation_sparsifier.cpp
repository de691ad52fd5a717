#include "sparsifier/activation_sparsifier.h"

#include <ATen/ops/ones.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "compact/channel_groups.h"
#include "model/apply_masks.h"
#include "model/layer_tree.h"
#include "model/layer_weights.h"
#include "sparsifier/complete_settings.h"
#include "sparsifier/compute_masks.h"
#include "sparsifier/layer_shapes.h"
#include "sparsifier/mask_buffer.h"
#include "sparsifier/sparsifier_impl.h"

namespace actsparse {
namespace {

std::vector<Site> sites_that_need_weights(const std::vector<LayerRecord>& records,
                                          const FunctionTable& functions) {
  std::vector<Site> sites;
  for (const auto& record : records)
    if (functions.needs_of(record.settings).weight) sites.push_back(record.site);
  return sites;
}

void require_called(const LayerRecord& record) {
  if (!record.gate && !record.input_dtype)
    throw Error(ErrorKind::Model,
                layer_text(record.site.layer) +
                    ": shape unknown, run forward at least once so that the layer is called");
}

}  // namespace

std::string ActivationSparsifier::Impl::first_name(const std::string& name) const {
  const auto found = second_names.find(name);
  return found == second_names.end() ? name : found->second;
}

RegisteredLayer* ActivationSparsifier::Impl::find(const std::string& name) {
  for (auto& layer : layers)
    if (layer.summary().site.layer == name) return &layer;
  return nullptr;
}

RegisteredLayer& ActivationSparsifier::Impl::require(const std::string& name) {
  if (auto* layer = find(first_name(name))) return *layer;
  std::vector<std::string> names;
  for (const auto& layer : layers) names.push_back(layer.summary().site.layer);
  throw Error(ErrorKind::Model, "layer with the given name not found among the registered ones: '" +
                                    name + "'" + did_you_mean(name, names));
}

void ActivationSparsifier::Impl::add_missing(const FunctionSource& source) {
  for (const auto& known : functions.sources())
    if (known.label == source.label && known.text == source.text) return;
  functions.add_source(source);
}

RegisteredLayer ActivationSparsifier::Impl::make_layer(LayerRecord record) {
  const std::string name = record.site.layer;
  try {
    uses.of(record.site);
    complete_settings(record, uses, functions);
    return {std::move(record), functions};
  } catch (const Error& error) {
    throw error.kind() == ErrorKind::Config ? error.in(layer_text(name)) : error;
  }
}

ActivationSparsifier::ActivationSparsifier(const Session& session, FunctionTable functions,
                                           const LayerSettings& defaults)
    : impl_(std::make_unique<Impl>(
          Impl{session, std::move(functions), merge({}, defaults), defaults, {}, nullptr})) {
  for (const auto& layer : list_layers(session.model))
    if (!layer.same_as.empty()) impl_->second_names.emplace(layer.name, layer.same_as);
}

ActivationSparsifier::~ActivationSparsifier() = default;
ActivationSparsifier::ActivationSparsifier(ActivationSparsifier&&) noexcept = default;

bool ActivationSparsifier::register_layer(const std::string& given, const LayerSettings& overrides,
                                          const std::optional<InputSelector>& input) {
  const std::string name = impl_->first_name(given);
  LayerRecord record;
  record.site = {name, impl_->inputs.of(name, input)};
  record.type = impl_->uses.type_of(name);
  record.settings = merge(impl_->default_settings, overrides);
  RegisteredLayer layer = impl_->make_layer(std::move(record));
  impl_->clone.reset();
  const bool known = impl_->find(name) != nullptr;
  if (known) unregister_layer(name);
  impl_->layers.push_back(std::move(layer));
  return known;
}

bool ActivationSparsifier::register_layer(const Module& layer, const LayerSettings& overrides,
                                          const std::optional<InputSelector>& input) {
  return register_layer(layer_name(impl_->session.model, layer), overrides, input);
}

TensorOrList ActivationSparsifier::get_mask(const std::string& name) const {
  const LayerRecord& record = impl_->require(name).summary();
  if (record.gate && !std::holds_alternative<ConstantMask>(*record.gate))
    throw Error(ErrorKind::Model,
                layer_text(name) + ": its gate looks at the input, so that it has no mask");
  if (record.gate) return mask_of(*record.gate);
  require_called(record);
  if (!record.settings.features) return at::ones(record.input_shape, *record.input_dtype);
  std::vector<at::Tensor> masks;
  for (size_t i = 0; i < record.settings.features->size(); ++i)
    masks.push_back(at::ones(masked_shape(record, record.settings), *record.input_dtype));
  return masks;
}

TensorOrList ActivationSparsifier::get_mask(const Module& layer) const {
  return get_mask(layer_name(impl_->session.model, layer));
}

void ActivationSparsifier::unregister_layer(const std::string& name) {
  const std::string found = impl_->require(name).summary().site.layer;
  impl_->clone.reset();
  std::deque<RegisteredLayer> others;
  for (auto& layer : impl_->layers)
    if (layer.summary().site.layer != found) others.push_back(std::move(layer));
  impl_->layers = std::move(others);
}

void ActivationSparsifier::find_channels(const std::vector<std::vector<c10::IValue>>& batches) {
  std::vector<Site> sites;
  std::vector<RegisteredLayer*> aligned;
  for (auto& layer : impl_->layers) {
    if (!layer.summary().settings.align.is_on()) continue;
    sites.push_back(layer.summary().site);
    aligned.push_back(&layer);
  }
  auto channels = channel_groups(impl_->session, sites, batches);
  for (size_t i = 0; i < channels.size(); ++i) aligned[i]->set_channels(std::move(channels[i]));
}

void ActivationSparsifier::set_samples(int64_t samples) { impl_->batch_size = samples; }

std::vector<LayerWarning> ActivationSparsifier::step() {
  const auto records = layers();
  const Weights weights =
      layer_weights(impl_->session, sites_that_need_weights(records, impl_->functions));
  Choice choice = choose(statistics_of(records),
                         policy_of(records, impl_->functions, impl_->batch_size), &weights);
  for (size_t i = 0; i < records.size(); ++i) {
    impl_->layers[i].set_gate(std::move(choice.gates[i]));
    impl_->layers[i].reset_data();
  }
  return std::move(choice.warnings);
}

Module ActivationSparsifier::squash_mask(bool attach_sparsify_hook) {
  for (const auto& layer : impl_->layers) require_called(layer.summary());
  std::vector<MaskSite> sites;
  for (auto& layer : impl_->layers)
    if (auto site = mask_site(layer.summary())) sites.push_back(std::move(*site));
  Module masked =
      apply_masks(impl_->session, attach_sparsify_hook ? sites : std::vector<MaskSite>{});
  for (auto& layer : impl_->layers) {
    layer.reset_data();
    layer.set_hook_state(attach_sparsify_hook ? HookState::Sparsify : HookState::None);
  }
  impl_->clone.reset();
  return masked;
}

StateDict ActivationSparsifier::state_dict() const {
  StateDict state;
  state.defaults = impl_->defaults;
  state.layers = layers();
  state.meta.method = impl_->session.method;
  state.meta.mode = impl_->session.training ? "train" : "eval";
  state.meta.function_sources = impl_->functions.sources();
  return state;
}

void ActivationSparsifier::load_state_dict(const StateDict& state) {
  Impl fresh{impl_->session, impl_->functions, state.defaults, {}, {}, nullptr};
  fresh.second_names = impl_->second_names;
  fresh.batch_size = samples_of(state.meta);
  fresh.default_settings = layer_settings_from_json(to_json(state.defaults), "defaults");
  for (const auto& source : state.meta.function_sources) fresh.add_missing(source);
  for (const auto& record : state.layers) fresh.layers.push_back(fresh.make_layer(record));
  *impl_ = std::move(fresh);
}

std::string ActivationSparsifier::to_string() const {
  std::string text = "ActivationSparsifier (";
  for (const auto& layer : impl_->layers) {
    const LayerRecord& record = layer.summary();
    nlohmann::json shown = actsparse::to_json(record.settings);
    for (const char* function : {"aggregate_fn", "reduce_fn", "mask_fn"}) shown.erase(function);
    shown["hook_state"] = actsparse::to_string(record.hook_state);
    shown["layer"] = record.type;
    text += "\n\tData Group\n\t    name: " + record.site.layer + "\n";
    for (const auto& [key, value] : shown.items())
      text += "\t    " + key + ": " +
              (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  return text + ")";
}

std::vector<LayerRecord> ActivationSparsifier::layers() const {
  std::vector<LayerRecord> records;
  for (const auto& layer : impl_->layers) records.push_back(layer.record());
  return records;
}

const FunctionTable& ActivationSparsifier::functions() const { return impl_->functions; }

}  // namespace actsparse
