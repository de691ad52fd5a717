#include "sparsifier/compute_masks.h"

#include <ATen/core/grad_mode.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "base/error.h"
#include "base/nearest.h"
#include "sparsifier/align_masks.h"
#include "sparsifier/layer_shapes.h"

namespace actsparse {
namespace {

FunctionConfig required(const std::optional<FunctionConfig>& function, const char* which) {
  if (!function) throw Error(ErrorKind::Config, std::string(which) + " is missing");
  return *function;
}

void check_mask(const at::Tensor& mask, const LayerRecord& layer) {
  const auto shape = masked_shape(layer);
  if (!broadcasts_to(mask.sizes().vec(), shape))
    throw Error(
        ErrorKind::Function,
        fmt::format("the mask of shape {} does not fit the layer's input of shape {}; a mask must "
                    "broadcast to it without changing it (which dims does reduce_fn remove?)",
                    shape_text(mask.sizes().vec()), shape_text(shape)));
  if (mask.is_floating_point() && mask.isnan().any().item<bool>())
    throw Error(ErrorKind::Function,
                "the mask holds NaN; look at mask_fn, and at the calibration data");
}

bool keeps_first_dimension(const at::Tensor& mask, const LayerRecord& layer) {
  return mask.dim() == static_cast<int64_t>(layer.input_shape.size()) && mask.dim() > 0 &&
         mask.size(0) > 1 && mask.size(0) == layer.input_shape[0] &&
         !(layer.settings.features && feature_dimension(layer) == 0);
}

class LayerStep {
 public:
  LayerStep(const LayerRecord& layer, const FunctionTable& functions, int64_t batch_size,
            std::vector<LayerWarning>& warnings)
      : layer_(layer),
        batch_size_(batch_size),
        aggregate_(functions.aggregate(required(layer.settings.aggregate_fn, "aggregate_fn"))),
        reduce_(functions.reduce(required(layer.settings.reduce_fn, "reduce_fn"))),
        mask_(functions.mask(required(layer.settings.mask_fn, "mask_fn"),
                             layer.settings.sparse_config, "sparse_config")),
        warnings_(warnings) {}

  /// Of a layer that is aligned: what each channel is worth, the mean of |x| over the rest.
  AlignedLayer scores() {
    if (!layer_.channels)
      throw Error(ErrorKind::State,
                  "the state does not say how its channels belong to those of other layers; "
                  "calibrate with align in the config");
    const at::Tensor reduced = reduced_of(std::get<at::Tensor>(*layer_.data), "");
    const int64_t axis =
        layer_.channels->axis - static_cast<int64_t>(layer_.input_shape.size()) + reduced.dim();
    const auto count = static_cast<int64_t>(layer_.channels->classes.size());
    if (axis < 0 || reduced.size(axis) != count)
      throw Error(
          ErrorKind::Function,
          fmt::format("align needs a score for each of the {} channels, but reduce_fn gives "
                      "shape {}; reduce over the other dimensions only",
                      count, shape_text(reduced.sizes().vec())));
    const auto scores = reduced.abs().to(at::kDouble).movedim(axis, 0).reshape({count, -1}).mean(1);
    return {layer_.site.layer, &*layer_.channels, scores, layer_.settings, mask_};
  }

  /// `mask`: one number per channel.
  at::Tensor aligned(const at::Tensor& mask) {
    std::vector<int64_t> shape(layer_.input_shape.size() - layer_.channels->axis, 1);
    shape[0] = mask.numel();
    const at::Tensor shaped = mask.view(shape);
    check_mask(shaped, layer_);
    warn_of(shaped, "");
    return shaped.to(*layer_.input_dtype).contiguous();
  }

  TensorOrList run() {
    if (const auto* data = std::get_if<at::Tensor>(&*layer_.data)) return mask_of(*data, "");
    if (layer_.settings.features->empty()) warn("features is an empty list: nothing is masked");
    std::vector<at::Tensor> masks;
    const auto& list = std::get<std::vector<at::Tensor>>(*layer_.data);
    for (size_t i = 0; i < list.size(); ++i)
      masks.push_back(
          mask_of(list[i], "feature " + std::to_string(layer_.settings.features->at(i)) + ": "));
    return masks;
  }

 private:
  at::Tensor mask_of(const at::Tensor& data, const std::string& feature) {
    try {
      const at::Tensor mask = mask_(reduced_of(data, feature));
      check_mask(mask, layer_);
      warn_of(mask, feature);
      return mask.to(*layer_.input_dtype).contiguous();
    } catch (const Error& error) {
      throw feature.empty() ? error : error.in(feature.substr(0, feature.size() - 2));
    }
  }

  at::Tensor reduced_of(const at::Tensor& data, const std::string& feature) {
    const auto aggregate = aggregate_();
    aggregate->restore(data, layer_.calls);
    const at::Tensor value = aggregate->value();
    if ((value.is_floating_point() || value.is_complex()) && value.isnan().any().item<bool>())
      warn(feature + "the aggregate holds NaN: the calibration data or the model produces it");
    return reduce_(value);
  }

  void warn_of(const at::Tensor& mask, const std::string& feature) {
    const int64_t kept = mask.count_nonzero().item<int64_t>();
    if (mask.numel() > 0 && kept == 0)
      warn(feature + "the mask is all zero: the layer sees nothing");
    if (mask.numel() > 0 && kept == mask.numel())
      warn(feature + "the mask is all one: nothing is masked");
    if (keeps_first_dimension(mask, layer_)) refuse_batch(mask, feature);
  }

  // The reference accepts a batch-sized mask and then fails at the first request of another size.
  void refuse_batch(const at::Tensor& mask, const std::string& feature) {
    if (batch_size_ <= 1 || mask.size(0) % batch_size_ != 0)
      return warn(fmt::format(
          "{}the mask has the input's size {} in dimension 0: if that is the batch, the masked "
          "model takes no other batch size; reduce over dim 0",
          feature, mask.size(0)));
    throw Error(ErrorKind::Function,
                fmt::format("the mask of shape {} keeps the batch's dimension, so the masked model "
                            "would take no other batch size: reduce over dim 0 (or, if dim 0 is "
                            "not the batch, calibrate with a data.batch_size that does not divide "
                            "{})",
                            shape_text(mask.sizes().vec()), mask.size(0)));
  }

  void warn(const std::string& text) { warnings_.push_back({layer_.site.layer, text}); }

  const LayerRecord& layer_;
  int64_t batch_size_;
  AggregateFn aggregate_;
  ReduceFn reduce_;
  MaskFn mask_;
  std::vector<LayerWarning>& warnings_;
};

void require_data(const std::vector<LayerRecord>& layers) {
  std::vector<std::string> empty;
  for (const auto& layer : layers)
    if (!layer.data) empty.push_back(layer.site.layer);
  if (!empty.empty())
    throw Error(ErrorKind::State,
                "step: no aggregated data for " + quoted_list(empty) +
                    ": never called since it was registered, or stepped already; run the "
                    "calibration first");
}

}  // namespace

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::vector<LayerWarning> compute_masks(std::vector<LayerRecord>& layers,
                                        const FunctionTable& functions, int64_t batch_size) {
  require_data(layers);
  const at::NoGradGuard no_grad;
  std::vector<LayerWarning> warnings;
  std::vector<TensorOrList> masks;
  std::vector<AlignedLayer> aligned;
  for (const auto& layer : layers) {
    try {
      LayerStep step(layer, functions, batch_size, warnings);
      check_alignable(layer.settings);
      if (layer.settings.align.is_on()) aligned.push_back(step.scores());
      masks.push_back(layer.settings.align.is_on() ? TensorOrList() : step.run());
    } catch (const Error& error) {
      throw error.in(layer_text(layer.site.layer));
    }
  }
  auto next = align_masks(aligned);
  std::reverse(next.begin(), next.end());
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].settings.align.is_on()) continue;
    masks[i] = LayerStep(layers[i], functions, batch_size, warnings).aligned(next.back());
    next.pop_back();
  }
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].mask = std::move(masks[i]);
    layers[i].data.reset();
  }
  return warnings;
}

}  // namespace actsparse
