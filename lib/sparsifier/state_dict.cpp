#include "sparsifier/state_dict.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "base/digest.h"
#include "sparsifier/document_reader.h"
#include "sparsifier/json_ivalue.h"
#include "sparsifier/sparse_mask.h"

namespace actsparse {
namespace {

using c10::IValue;
using c10::impl::GenericDict;

bool has_dynamic(const LayerRecord& layer) {
  return layer.score_factors.defined() ||
         (layer.gate && std::holds_alternative<ThresholdGate>(*layer.gate));
}

// 2 is 1 with "statistics" in a data group, 3 is 2 with gates that look at their input: older
// readers would lose them without a word.
int64_t format_version(const StateDict& state) {
  if (std::any_of(state.layers.begin(), state.layers.end(), has_dynamic)) return 3;
  const auto has_more = [](const LayerRecord& layer) {
    return layer.accumulators.size() > layer.accumulators.count(kAggregate);
  };
  return std::any_of(state.layers.begin(), state.layers.end(), has_more) ? 2 : 1;
}

template <class Convert>
IValue to_document(const TensorOrList& tensors, Convert&& convert) {
  if (const auto* tensor = std::get_if<at::Tensor>(&tensors)) return convert(*tensor);
  auto list = untyped_list();
  for (const auto& tensor : std::get<std::vector<at::Tensor>>(tensors))
    list.push_back(convert(tensor));
  return list;
}

IValue int_list(const std::vector<int64_t>& values) {
  auto list = untyped_list();
  for (const int64_t value : values) list.push_back(value);
  return list;
}

IValue dtype_name(const std::optional<at::ScalarType>& dtype) {
  return dtype ? IValue(c10::toString(*dtype)) : IValue();
}

GenericDict channels_document(const LayerChannels& channels) {
  auto document = untyped_dict();
  document.insert("axis", channels.axis);
  document.insert("value", channels.value);
  document.insert("classes", at::tensor(channels.classes, at::kLong));
  document.insert("sets", at::tensor(channels.sets, at::kLong));
  return document;
}

IValue on_cpu(const at::Tensor& data) { return data.cpu(); }

GenericDict data_group(const LayerRecord& layer) {
  auto group = ivalue_from_json(to_json(layer.settings)).toGenericDict();
  group.insert("hook_state", std::string(to_string(layer.hook_state)));
  group.insert("type", layer.type);
  if (const auto* name = std::get_if<std::string>(&layer.site.input))
    group.insert("input", *name);
  else
    group.insert("input", std::get<int64_t>(layer.site.input));
  group.insert("calls", layer.calls);
  if (layer.empty_calls > 0) group.insert("empty_calls", layer.empty_calls);
  group.insert("input_shape", int_list(layer.input_shape));
  group.insert("input_dtype", dtype_name(layer.input_dtype));
  if (layer.channels) group.insert("channels", channels_document(*layer.channels));
  if (layer.score_factors.defined()) group.insert("score_factors", on_cpu(layer.score_factors));
  auto others = untyped_dict();
  for (const auto& [name, tensors] : layer.accumulators)
    (name == kAggregate ? group : others).insert(name, to_document(tensors, on_cpu));
  if (!others.empty()) group.insert("statistics", others);
  return group;
}

GenericDict gate_document(const ThresholdGate& gate) {
  auto document = untyped_dict();
  document.insert("threshold", on_cpu(gate.threshold));
  document.insert("factors", gate.factors.defined() ? on_cpu(gate.factors) : IValue());
  document.insert("dropped", gate.dropped ? IValue(*gate.dropped) : IValue());
  return document;
}

GenericDict mask_entry(const LayerRecord& layer) {
  auto entry = untyped_dict();
  const auto* constant = layer.gate ? std::get_if<ConstantMask>(&*layer.gate) : nullptr;
  entry.insert("mask", constant != nullptr ? to_document(constant->mask, sparse_parts) : IValue());
  if (layer.gate && constant == nullptr)
    entry.insert("gate", gate_document(std::get<ThresholdGate>(*layer.gate)));
  return entry;
}

IValue arguments_document(const std::vector<ArgumentRecord>& arguments) {
  auto list = untyped_list();
  for (const auto& argument : arguments) {
    auto entry = untyped_dict();
    if (argument.dtype) {
      entry.insert("shape", int_list(argument.shape));
      entry.insert("dtype", dtype_name(argument.dtype));
    } else {
      entry.insert("value", argument.constant);
    }
    list.push_back(entry);
  }
  return list;
}

GenericDict checkpoint_document(const CheckpointMeta& checkpoint) {
  auto document = untyped_dict();
  document.insert("data_fingerprint", checkpoint.data_fingerprint);
  const auto& fast = checkpoint.fast;
  document.insert("max_difference", fast.max_difference ? IValue(*fast.max_difference) : IValue());
  document.insert("layer", fast.layer);
  document.insert("reason", fast.reason);
  auto attributes = untyped_dict();
  for (const auto& [name, value] : checkpoint.attributes) attributes.insert(name, value);
  document.insert("attributes", attributes);
  return document;
}

GenericDict meta_document(const StateDict& state) {
  const StateMeta& meta = state.meta;
  auto document = untyped_dict();
  document.insert("format_version", format_version(state));
  for (const auto& [key, text] :
       {std::pair("tool_version", &meta.tool_version),
        std::pair("libtorch_version", &meta.libtorch_version), std::pair("model", &meta.model),
        std::pair("model_digest", &meta.model_digest), std::pair("data_digest", &meta.data_digest),
        std::pair("config_digest", &meta.config_digest),
        std::pair("step_config_digest", &meta.step_config_digest),
        std::pair("method", &meta.method), std::pair("mode", &meta.mode),
        std::pair("precision", &meta.precision)})
    document.insert(key, *text);
  document.insert("batches", meta.batches);
  document.insert("samples", meta.samples);
  document.insert("total_batches", meta.total_batches);
  document.insert("coverage", coverage_document(meta.coverage));
  if (meta.checkpoint) document.insert("checkpoint", checkpoint_document(*meta.checkpoint));
  document.insert("arguments", arguments_document(meta.arguments));
  if (meta.takes_one_size) document.insert("takes_one_size", true);
  document.insert("function_sources", sources_document(meta.function_sources));
  return document;
}

}  // namespace

const char* to_string(HookState state) {
  switch (state) {
    case HookState::Aggregate:
      return "aggregate";
    case HookState::Sparsify:
      return "sparsify";
    case HookState::None:
      break;
  }
  return "none";
}

IValue to_ivalue(const StateDict& state) {
  auto masks = untyped_dict(), groups = untyped_dict(), document = untyped_dict();
  for (const auto& layer : state.layers) {
    masks.insert(layer.site.layer, mask_entry(layer));
    groups.insert(layer.site.layer, data_group(layer));
  }
  document.insert("state", masks);
  document.insert("data_groups", groups);
  document.insert("defaults", ivalue_from_json(to_json(state.defaults)));
  document.insert("meta", meta_document(state));
  return document;
}

}  // namespace actsparse
