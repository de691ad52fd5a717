#include "sparsifier/choose.h"

#include <ATen/core/grad_mode.h>
#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/nearest.h"
#include "functions/dynamic_masks.h"
#include "functions/tensors.h"
#include "sparsifier/align_masks.h"
#include "sparsifier/layer_shapes.h"

namespace actsparse {
namespace {

FunctionConfig required(const std::optional<FunctionConfig>& function, const char* which) {
  if (!function) throw Error(ErrorKind::Config, std::string(which) + " is missing");
  return *function;
}

/// Which mask a warning or an error is about.
std::string feature_text(const MergedSettings& settings, size_t feature) {
  return settings.features ? "feature " + std::to_string(settings.features->at(feature)) : "";
}

class LayerChoice {
 public:
  LayerChoice(const LayerStatistics& layer, const MergedSettings& settings, const Policy& policy,
              const Weights* weights, std::vector<LayerWarning>& warnings)
      : layer_(layer),
        settings_(settings),
        functions_(policy.functions),
        batch_size_(policy.batch_size),
        kept_(policy.reduced.get()),
        weights_(weights),
        needs_(policy.functions.needs_of(settings)),
        reduce_(functions_.reduce(required(settings.reduce_fn, "reduce_fn"))),
        mask_(functions_.mask(required(settings.mask_fn, "mask_fn"), settings.sparse_config,
                              "sparse_config")),
        warnings_(warnings) {
    check_dynamic(settings_);
  }

  Gate gate_or_masks() {
    if (is_dynamic(settings_)) return gate();
    return ConstantMask{masks()};
  }

  /// Of a layer that is aligned: what each channel is worth, the mean of |x| over the rest.
  AlignedLayer scores() {
    if (!layer_.channels)
      throw Error(ErrorKind::State,
                  "the state does not say how its channels belong to those of other layers; "
                  "calibrate with align in the config");
    const at::Tensor reduced = this->reduced(0).value;
    const int64_t axis =
        layer_.channels->axis - static_cast<int64_t>(layer_.input_shape.size()) + reduced.dim();
    const auto count = static_cast<int64_t>(layer_.channels->classes.size());
    if (axis < 0 || reduced.size(axis) != count)
      throw Error(
          ErrorKind::Function,
          fmt::format("align needs a score for each of the {} channels, but reduce_fn gives "
                      "shape {}; reduce over the other dimensions only",
                      count, shape_text(reduced.sizes())));
    const auto scores = reduced.abs().to(at::kDouble).movedim(axis, 0).reshape({count, -1}).mean(1);
    return {layer_.site.layer,
            &*layer_.channels,
            scores,
            settings_,
            mask_,
            scale_of(settings_.reduce_fn)};
  }

  /// `mask`: one number per channel.
  at::Tensor aligned(const at::Tensor& mask) {
    std::vector<int64_t> shape(layer_.input_shape.size() - layer_.channels->axis, 1);
    shape[0] = mask.numel();
    return checked(mask.view(shape), "");
  }

 private:
  TensorOrList masks() {
    const size_t count = as_list(*layer_.data()).size();
    if (count == 0) warn("features is an empty list: nothing is masked");
    std::vector<at::Tensor> masks;
    for (size_t i = 0; i < count; ++i) masks.push_back(mask_of_feature(i));
    return tensor_or_list(std::move(masks), settings_.features.has_value());
  }

  ThresholdGate gate() {
    if (needs_.by_input && !layer_.score_factors.defined())
      throw Error(ErrorKind::State,
                  "the state does not hold the norms of the layer's weights that reduce_fn asks "
                  "for; calibrate with this config");
    const at::Tensor factors = needs_.by_input ? layer_.score_factors : at::Tensor();
    auto gate = threshold_gate(settings_, std::get<at::Tensor>(*layer_.data()), factors,
                               *layer_.input_dtype);
    if (gate.dropped == 1.0) warn("nothing that was calibrated on passes the gate");
    if (gate.dropped == 0.0) warn("all that was calibrated on passes the gate: nothing is masked");
    return gate;
  }

  at::Tensor mask_of_feature(size_t feature) {
    const std::string name = feature_text(settings_, feature);
    try {
      return checked(mask_(reduced(feature)), name.empty() ? "" : name + ": ");
    } catch (const Error& error) {
      throw name.empty() ? error : error.in(name);
    }
  }

  // What the mask function is given.
  Evidence reduced(size_t feature) {
    const std::pair key(layer_.site.layer, feature);
    if (kept_ != nullptr)
      if (const auto kept = kept_->find(key); kept != kept_->end()) return kept->second;
    Evidence found = evidence(feature);
    found.value = reduce_(found);
    if (kept_ != nullptr) kept_->emplace(key, found);
    return found;
  }

  Evidence evidence(size_t feature) {
    Evidence found(value_of(kAggregate, required(settings_.aggregate_fn, "aggregate_fn"), feature));
    warn_of_nan(found.value, feature);
    for (const auto& [name, function] : needs_.statistics)
      found.statistics[name] = value_of(name, function, feature);
    if (needs_.weight) add_weight(found);
    return found;
  }

  void add_weight(Evidence& found) const {
    const LayerWeight& kept = weight();
    found.weight = kept.weight.to(found.value.device());
    if (kept.by_input.defined()) found.by_input = kept.by_input.to(found.value.device());
    found.channel_dim = kept.channel_dim;
  }

  at::Tensor value_of(const std::string& name, const FunctionConfig& function, size_t feature) {
    const auto kept = layer_.accumulators.find(name);
    if (kept == layer_.accumulators.end())
      throw Error(ErrorKind::State, "the state does not keep the statistic '" + name +
                                        "', which a function needs; calibrate with this config");
    const auto aggregate = functions_.aggregate(function)();
    aggregate->restore(as_list(kept->second).at(feature), layer_.calls);
    return aggregate->value();
  }

  const LayerWeight& weight() const {
    const auto found =
        weights_ == nullptr ? Weights::const_iterator() : weights_->find(layer_.site.layer);
    if (weights_ == nullptr)
      throw Error(
          ErrorKind::Function,
          "a function needs the layer's weight, which a state does not hold; use 'actsparse "
          "run', which has the model");
    if (found == weights_->end())
      throw Error(ErrorKind::Function,
                  "a function needs the layer's weight, but a " + layer_.type +
                      " has none; take the layer out, or give it another reduce_fn or mask_fn");
    return found->second;
  }

  at::Tensor checked(const at::Tensor& mask, const std::string& feature) {
    check_fits(mask);
    warn_of(mask, feature);
    return mask.to(*layer_.input_dtype).contiguous();
  }

  void check_fits(const at::Tensor& mask) const {
    const auto shape = masked_shape(layer_, settings_);
    if (!broadcasts_to(mask.sizes().vec(), shape))
      throw Error(
          ErrorKind::Function,
          fmt::format("the mask of shape {} does not fit the layer's input of shape {}; a mask "
                      "must broadcast to it without changing it (which dims does reduce_fn "
                      "remove?)",
                      shape_text(mask.sizes()), shape_text(shape)));
    if (mask.is_floating_point() && mask.isnan().any().item<bool>())
      throw Error(ErrorKind::Function,
                  "the mask holds NaN; look at mask_fn, and at the calibration data");
  }

  bool keeps_first_dimension(const at::Tensor& mask) const {
    return mask.dim() == static_cast<int64_t>(layer_.input_shape.size()) && mask.dim() > 0 &&
           mask.size(0) > 1 && mask.size(0) == layer_.input_shape[0] &&
           !(settings_.features && feature_dimension(layer_, settings_) == 0);
  }

  void warn_of_nan(const at::Tensor& value, size_t feature) {
    const std::string name = feature_text(settings_, feature);
    if ((value.is_floating_point() || value.is_complex()) && value.isnan().any().item<bool>())
      warn((name.empty() ? "" : name + ": ") +
           "the aggregate holds NaN: the calibration data or the model produces it");
  }

  void warn_of(const at::Tensor& mask, const std::string& feature) {
    const int64_t kept = mask.count_nonzero().item<int64_t>();
    if (mask.numel() > 0 && kept == 0)
      warn(feature + "the mask is all zero: the layer sees nothing");
    if (mask.numel() > 0 && kept == mask.numel())
      warn(feature + "the mask is all one: nothing is masked");
    if (keeps_first_dimension(mask)) refuse_batch(mask, feature);
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
                            shape_text(mask.sizes()), mask.size(0)));
  }

  void warn(const std::string& text) { warnings_.push_back({layer_.site.layer, text}); }

  const LayerStatistics& layer_;
  const MergedSettings& settings_;
  const FunctionTable& functions_;
  int64_t batch_size_;
  std::map<std::pair<std::string, size_t>, Evidence>* kept_;
  const Weights* weights_;
  Needs needs_;
  ReduceFn reduce_;
  MaskFn mask_;
  std::vector<LayerWarning>& warnings_;
};

void require_data(const Statistics& statistics) {
  std::vector<std::string> empty;
  for (const auto& layer : statistics)
    if (layer.data() == nullptr) empty.push_back(layer.site.layer);
  if (!empty.empty())
    throw Error(ErrorKind::State,
                "step: no aggregated data for " + quoted_list(empty) +
                    ": never called since it was registered, or stepped already; run the "
                    "calibration first");
}

/// The layers that are aligned: their places, and what is known of their channels.
struct Aligned {
  std::vector<size_t> places;
  std::vector<AlignedLayer> layers;
};

}  // namespace

Choice choose(const Statistics& statistics, const Policy& policy, const Weights* weights) {
  require_data(statistics);
  const at::NoGradGuard no_grad;
  Choice choice;
  choice.gates.resize(statistics.size());
  const auto layer_choice = [&](size_t i) {
    return LayerChoice(statistics[i], policy.layers.at(i), policy, weights, choice.warnings);
  };
  Aligned aligned;
  for (size_t i = 0; i < statistics.size(); ++i) try {
      const MergedSettings& settings = policy.layers.at(i);
      check_alignable(settings);
      if (settings.align.is_on()) {
        aligned.places.push_back(i);
        aligned.layers.push_back(layer_choice(i).scores());
      } else {
        choice.gates[i] = layer_choice(i).gate_or_masks();
      }
    } catch (const Error& error) {
      throw error.in(layer_text(statistics[i].site.layer));
    }
  const auto masks = align_masks(aligned.layers);
  for (size_t n = 0; n < masks.size(); ++n) try {
      const size_t i = aligned.places[n];
      choice.gates[i] = ConstantMask{layer_choice(i).aligned(masks[n])};
    } catch (const Error& error) {
      throw error.in(layer_text(aligned.layers[n].name));
    }
  return choice;
}

}  // namespace actsparse
