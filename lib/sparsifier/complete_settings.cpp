#include "sparsifier/complete_settings.h"

#include "base/error.h"
#include "functions/channel_dim.h"
#include "functions/dynamic_masks.h"
#include "functions/gram_aggregate.h"
#include "functions/window_json.h"
#include "model/layer_weights.h"
#include "model/layer_window.h"

namespace actsparse {
namespace {

Error no_patches(const LayerRecord& layer, const std::string& why) {
  return Error(ErrorKind::Model, layer_text(layer.site.layer) + " (" + layer.type +
                                     "): a gram over patches needs " + why +
                                     "; keep it over channels: \"except_dim\" in place of "
                                     "\"patches\"");
}

ReadChannels channels_read(const LayerRecord& layer, const LayerUses& uses) {
  const auto found = layer_window(uses, layer.site);
  if (!found)
    throw no_patches(layer,
                     "a Linear or convolution of constant geometry that alone reads the layer's "
                     "input");
  if (found->has_other_padding) throw no_patches(layer, "padding by zeros");
  const at::Tensor weight = grouped(found->weight, found->window);
  return {weight.size(0) * weight.size(2), found->window};
}

void check_weights(const LayerRecord& layer, const LayerUses& uses,
                   const FunctionTable& functions) {
  if (!functions.needs_of(layer.settings).by_input) return;
  const auto weight = layer_weight(uses, layer.site);
  if (weight && weight->by_input.defined()) return;
  throw Error(ErrorKind::Model,
              layer_text(layer.site.layer) + " (" + layer.type +
                  "): reduce_fn or mask_fn needs the weights that read each channel, which only a "
                  "Linear, convolution or recurrent layer has that alone reads its input; give it "
                  "another function, or take it out");
}

int64_t channel_dim_of(const LayerRecord& layer, const LayerUses& uses) {
  const auto weight = layer_weight(uses, layer.site);
  if (weight && weight->by_input.defined()) return weight->channel_dim;
  throw Error(ErrorKind::Model,
              layer_text(layer.site.layer) + " (" + layer.type +
                  "): nothing tells which dimension of its input holds channels, as it is no "
                  "Linear, convolution or recurrent layer; give it a number, as in \"except_dim\": "
                  "[1]");
}

void take_channel_dim(LayerRecord& layer, const LayerUses& uses) {
  auto& aggregate = layer.settings.aggregate_fn;
  if (aggregate && asks_for_channels(*aggregate))
    aggregate = with_channel_dim(*aggregate, channel_dim_of(layer, uses));
}

void take_factors(LayerRecord& layer, const LayerUses& uses, const FunctionTable& functions) {
  if (!is_dynamic(layer.settings) || layer.score_factors.defined()) return;
  const auto weight = layer_weight(uses, layer.site);
  layer.score_factors = score_factors(layer.settings, functions, weight ? &*weight : nullptr);
}

}  // namespace

void complete_settings(LayerRecord& layer, const LayerUses& uses, const FunctionTable& functions) {
  take_channel_dim(layer, uses);
  check_weights(layer, uses, functions);
  take_factors(layer, uses, functions);
  auto& aggregate = layer.settings.aggregate_fn;
  if (!aggregate || patches_of(*aggregate).is_null()) return;
  if (layer.settings.features && patches_of(*aggregate) != false)
    throw Error(ErrorKind::Config,
                "features and a gram over patches exclude each other: a convolution reads the "
                "whole input; use \"except_dim\" in place of \"patches\"");
  if (lacks_patches(*aggregate))
    aggregate = with_patches(*aggregate, to_json(channels_read(layer, uses)));
}

void take_geometry(MergedSettings& settings, const MergedSettings& kept) {
  if (settings.aggregate_fn && kept.aggregate_fn)
    settings.aggregate_fn = with_channel_dim_of(*settings.aggregate_fn, *kept.aggregate_fn);
  if (!settings.aggregate_fn || !kept.aggregate_fn || !lacks_patches(*settings.aggregate_fn))
    return;
  const auto patches = patches_of(*kept.aggregate_fn);
  if (patches.is_object()) settings.aggregate_fn = with_patches(*settings.aggregate_fn, patches);
}

}  // namespace actsparse
