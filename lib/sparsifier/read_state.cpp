// The reading half of state_dict.h. Every value is checked: a state file may come from anywhere.
#include <ATen/core/Dict.h>
#include <ATen/core/List.h>

#include <algorithm>

#include "base/error.h"
#include "sparsifier/document_reader.h"
#include "sparsifier/json_ivalue.h"
#include "sparsifier/layer_shapes.h"
#include "sparsifier/sparse_mask.h"
#include "sparsifier/state_dict.h"

namespace actsparse {
namespace {

using c10::IValue;
using nlohmann::json;
using Reader = DocumentReader;

constexpr int64_t kNewestFormat = 3;

std::optional<at::ScalarType> read_dtype(const Reader& reader, const std::string& key) {
  if (reader.at(key).isNone()) return std::nullopt;
  const std::string name = reader.text(key);
  for (int i = 0; i < static_cast<int>(at::ScalarType::NumOptions); ++i) {
    const auto dtype = static_cast<at::ScalarType>(i);
    if (dtype != at::ScalarType::Undefined && !at::isQIntType(dtype) &&
        name == c10::toString(dtype))
      return dtype;
  }
  broken_state(reader.place() + "." + key + " names no dtype: '" + name + "'");
}

HookState read_hook_state(const Reader& group) {
  const std::string name = group.text("hook_state");
  for (const auto state : {HookState::Aggregate, HookState::Sparsify, HookState::None})
    if (name == to_string(state)) return state;
  broken_state(group.place() + ".hook_state is '" + name + "'");
}

template <class Convert>
TensorOrList read_tensors(const IValue& value, Convert&& convert) {
  if (!value.isList()) return convert(value);
  std::vector<at::Tensor> tensors;
  for (const IValue& element : value.toListRef()) tensors.push_back(convert(element));
  return tensors;
}

at::Tensor read_data(const IValue& value) {
  if (!value.isTensor() || !value.toTensor().defined())
    broken_state("a layer's data is not a tensor");
  return value.toTensor().clone();  // the file's memory map must not outlive the file's name
}

MergedSettings read_settings(const Reader& group) {
  json settings = json::object();
  for (const char* key :
       {"aggregate_fn", "reduce_fn", "mask_fn", "sparse_config", "features", "feature_dim"})
    settings[key] = json_from_ivalue(group.at(key));
  if (const IValue* align = group.find("align")) settings["align"] = json_from_ivalue(*align);
  try {
    return merge({}, layer_settings_from_json(settings, group.place()));
  } catch (const Error& error) {
    broken_state(error.what());
  }
}

void check_feature_count(const LayerRecord& layer) {
  const size_t features = layer.settings.features ? layer.settings.features->size() : 0;
  std::vector<const TensorOrList*> all;
  const auto* constant = layer.gate ? std::get_if<ConstantMask>(&*layer.gate) : nullptr;
  if (constant != nullptr) all.push_back(&constant->mask);
  for (const auto& [name, tensors] : layer.accumulators) all.push_back(&tensors);
  for (const auto* tensors : all) {
    const auto* list = std::get_if<std::vector<at::Tensor>>(tensors);
    if ((list != nullptr) != layer.settings.features.has_value() ||
        (list != nullptr && list->size() != features))
      broken_state(layer_text(layer.site.layer) + " does not have one tensor per feature");
  }
}

// A tensor of numbers that something is multiplied by or compared with.
at::Tensor read_floats(const IValue& value, const std::string& what) {
  if (!value.isTensor() || !value.toTensor().defined() || !value.toTensor().is_floating_point() ||
      value.toTensor().layout() != at::kStrided)
    broken_state(what + " is no tensor of floating-point numbers");
  return value.toTensor().clone();
}

ThresholdGate read_threshold_gate(const Reader& document) {
  ThresholdGate gate;
  gate.threshold = read_floats(document.at("threshold"), document.place() + ".threshold");
  if (!document.at("factors").isNone())
    gate.factors = read_floats(document.at("factors"), document.place() + ".factors");
  if (document.at("dropped").isDouble()) gate.dropped = document.at("dropped").toDouble();
  return gate;
}

std::optional<Gate> read_gate(const Reader& entry) {
  if (entry.find("gate") != nullptr) return read_threshold_gate(entry.dict("gate"));
  if (entry.at("mask").isNone()) return std::nullopt;
  return ConstantMask{read_tensors(entry.at("mask"), dense_mask)};
}

void check_gate(const ThresholdGate& gate, const LayerRecord& layer, const std::string& place) {
  if (layer.settings.features) broken_state(place + ": features do not go with a gate");
  if (gate.threshold.dim() != 0 || gate.threshold.scalar_type() != layer.input_dtype)
    broken_state(place + ": its gate's threshold is not one number of the input's dtype");
  if (!gate.factors.defined()) return;
  if (gate.factors.scalar_type() != layer.input_dtype ||
      !broadcasts_to(gate.factors.sizes().vec(), layer.input_shape))
    broken_state(place + ": its gate's factors do not fit the input");
}

// What the code that uses masks takes for granted.
void check_shapes(const LayerRecord& layer, const std::string& place) {
  const bool called =
      layer.gate || !layer.accumulators.empty() || layer.hook_state == HookState::Sparsify;
  if (called && !layer.input_dtype) broken_state(place + " lacks its input's dtype");
  try {
    check_features(layer.settings);
    if (called) check_feature_range(layer.settings, layer.input_shape);
  } catch (const Error& error) {
    broken_state(place + ": " + error.what());
  }
  if (!layer.gate) return;
  if (const auto* gate = std::get_if<ThresholdGate>(&*layer.gate))
    return check_gate(*gate, layer, place);
  for (const auto& mask : as_list(mask_of(*layer.gate)))
    if (mask.dim() > static_cast<int64_t>(layer.input_shape.size()))
      broken_state(place + ": its mask has more dimensions than the input");
}

std::vector<int64_t> read_numbers(const Reader& group, const std::string& key) {
  const IValue& value = group.at(key);
  if (!value.isTensor() || !value.toTensor().defined() || value.toTensor().dim() != 1 ||
      value.toTensor().scalar_type() != at::kLong)
    broken_state(group.place() + "." + key + " is not a list of numbers");
  const at::Tensor numbers = value.toTensor().contiguous();
  return {numbers.data_ptr<int64_t>(), numbers.data_ptr<int64_t>() + numbers.numel()};
}

LayerChannels read_channels(const Reader& group, const std::vector<int64_t>& input_shape) {
  LayerChannels channels = {group.integer("axis"), group.integer("value"),
                            read_numbers(group, "classes"), read_numbers(group, "sets")};
  if (channels.axis >= static_cast<int64_t>(input_shape.size()) ||
      channels.classes.size() != channels.sets.size() ||
      static_cast<int64_t>(channels.classes.size()) != input_shape[channels.axis])
    broken_state(group.place() + " does not fit the layer's input");
  return channels;
}

Accumulators read_accumulators(const Reader& group) {
  Accumulators accumulators;
  if (const IValue* data = group.find(kAggregate))
    accumulators[kAggregate] = read_tensors(*data, read_data);
  if (group.find("statistics") == nullptr) return accumulators;
  const Reader others = group.dict("statistics");
  for (const auto& [name, data] : others.entries())
    accumulators[name] = read_tensors(data, read_data);
  return accumulators;
}

LayerRecord read_layer(const std::string& name, const Reader& group, const Reader& entry) {
  LayerRecord layer;
  layer.site.layer = name;
  if (group.at("input").isString())
    layer.site.input = group.text("input");
  else
    layer.site.input = group.integer("input");
  layer.type = group.text("type");
  layer.settings = read_settings(group);
  layer.hook_state = read_hook_state(group);
  layer.calls = group.integer("calls");
  if (group.find("empty_calls") != nullptr) layer.empty_calls = group.integer("empty_calls");
  layer.input_shape = group.integers("input_shape");
  layer.input_dtype = read_dtype(group, "input_dtype");
  if (group.find("channels") != nullptr)
    layer.channels = read_channels(group.dict("channels"), layer.input_shape);
  layer.gate = read_gate(entry);
  if (const IValue* factors = group.find("score_factors"))
    layer.score_factors = read_floats(*factors, group.place() + ".score_factors");
  layer.accumulators = read_accumulators(group);
  check_shapes(layer, group.place());
  check_feature_count(layer);
  return layer;
}

ArgumentRecord read_argument(const Reader& entry) {
  ArgumentRecord argument;
  if (const IValue* constant = entry.find("value")) {
    argument.constant = *constant;
  } else {
    argument.shape = entry.integers("shape");
    argument.dtype = read_dtype(entry, "dtype");
  }
  return argument;
}

CheckpointMeta read_checkpoint(const Reader& entry) {
  CheckpointMeta checkpoint;
  checkpoint.data_fingerprint = entry.text("data_fingerprint");
  const IValue& difference = entry.at("max_difference");
  if (difference.isDouble()) checkpoint.fast.max_difference = difference.toDouble();
  checkpoint.fast.layer = entry.text("layer");
  checkpoint.fast.reason = entry.text("reason");
  const Reader attributes = entry.dict("attributes");
  for (const auto& [name, value] : attributes.entries())
    checkpoint.attributes.emplace_back(name, value.isTensor() ? read_data(value) : value);
  return checkpoint;
}

StateMeta read_meta(const Reader& document) {
  StateMeta meta;
  meta.tool_version = document.text("tool_version");
  meta.libtorch_version = document.text("libtorch_version");
  meta.model = document.text("model");
  meta.model_digest = document.text("model_digest");
  meta.data_digest = document.text("data_digest");
  meta.config_digest = document.text("config_digest");
  meta.step_config_digest = document.text("step_config_digest");
  meta.method = document.text("method");
  meta.mode = document.text("mode");
  meta.precision = document.text("precision");
  meta.batches = document.integer("batches");
  meta.samples = document.integer("samples");
  meta.total_batches = document.batches("total_batches");
  meta.coverage = document.coverage("coverage");
  if (document.find("checkpoint") != nullptr)
    meta.checkpoint = read_checkpoint(document.dict("checkpoint"));
  for (const IValue& entry : document.list("arguments"))
    meta.arguments.push_back(read_argument({entry, "meta.arguments"}));
  if (const IValue* const one_size = document.find("takes_one_size")) {
    if (!one_size->isBool()) broken_state("meta.takes_one_size is neither true nor false");
    meta.takes_one_size = one_size->toBool();
  }
  meta.function_sources = document.sources("function_sources");
  meta.functions = digests_of(meta.function_sources);
  return meta;
}

void check_version(const Reader& meta) {
  const int64_t version = meta.integer("format_version");
  if (version > kNewestFormat)
    throw Error(ErrorKind::State, "written by a newer actsparse (state format " +
                                      std::to_string(version) + ", this one reads up to " +
                                      std::to_string(kNewestFormat) + "); update actsparse");
  if (version < 1) broken_state("meta.format_version is " + std::to_string(version));
}

}  // namespace

StateDict state_from_ivalue(const IValue& value) {
  const Reader document(value, "the file");
  check_version(document.dict("meta"));
  StateDict state;
  state.meta = read_meta(document.dict("meta"));
  state.defaults = read_settings(document.dict("defaults"));
  const Reader masks = document.dict("state");
  const Reader groups = document.dict("data_groups");
  for (const auto& [name, group] : groups.entries())
    state.layers.push_back(read_layer(name, {group, "data_groups." + name}, masks.dict(name)));
  return state;
}

}  // namespace actsparse
