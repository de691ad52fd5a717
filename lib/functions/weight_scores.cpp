#include "functions/weight_scores.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "functions/removal_order.h"
#include "functions/tensors.h"

namespace actsparse {
namespace {

using at::Tensor;
using nlohmann::json;

// A mask of channels, or a factor of them, beside the dimensions behind.
std::vector<int64_t> channel_shape(int64_t channels, const Evidence& layer) {
  std::vector<int64_t> shape(static_cast<size_t>(-layer.channel_dim), 1);
  shape[0] = channels;
  return shape;
}

// ---- weighted ----

// [groups, outputs, inputs, taps] to one number per input.
Tensor norms(const Tensor& by_input, double norm, double power) {
  const Tensor of_inputs = at::linalg_vector_norm(by_input.to(at::kDouble), norm, {1, 3});
  return of_inputs.flatten().pow(power);
}

Tensor weighted(const Evidence& layer, double norm, double power) {
  const Tensor sizes = magnitudes(layer.value).to(at::kDouble);
  const Tensor factors = norms(layer.by_input, norm, power);
  const int64_t channels = factors.numel();
  if (sizes.dim() < -layer.channel_dim || sizes.size(layer.channel_dim) != channels)
    throw Error(ErrorKind::Function,
                fmt::format("the layer reads {} channels along dimension {}, but the aggregate has "
                            "shape {}; let aggregate_fn keep the channels, e.g. \"except_dim\": "
                            "[{}]",
                            channels, layer.channel_dim, shape_text(layer.value.sizes()),
                            layer.channel_dim));
  return sizes * factors.view(channel_shape(channels, layer));
}

ParameterRule one_or_two(const std::string& name, int64_t default_value) {
  return ranged(optional(name, "int", default_value, 2), "1 or 2",
                [](const json& value) { return value >= 1 && value <= 2; });
}

// ---- removal_error ----

// What a gram says of the inputs of each group, and the weights that multiply them.
struct GroupMoments {
  Tensor mean;        // [groups, n]
  Tensor moments;     // [groups, n, n]
  Tensor weight;      // [groups, outputs, n]
  int64_t block = 1;  // inputs of a channel
};

Error no_gram(const Evidence& layer) {
  const Tensor& weight = layer.by_input;
  const int64_t channels = weight.size(0) * weight.size(2);
  return Error(
      ErrorKind::Function,
      fmt::format("the layer reads {} channels with {} weights for each output, but the "
                  "aggregate has shape {}: it must be a gram of these channels, e.g. "
                  "\"aggregate_fn\": {{\"name\": \"gram\", \"except_dim\": [{}]}}",
                  channels, weight.size(3), shape_text(layer.value.sizes()), layer.channel_dim));
}

bool is_gram(const Tensor& value, int64_t groups, int64_t inputs) {
  const std::vector<int64_t> shape = {groups, 1 + inputs, 1 + inputs};
  return value.sizes() == (groups == 1 ? at::IntArrayRef(shape).slice(1) : at::IntArrayRef(shape));
}

// Those parts of a gram over all channels that belong to one group.
Tensor own_blocks(const Tensor& all, int64_t groups) {
  const int64_t size = all.size(0) / groups;
  return all.view({groups, size, groups, size}).diagonal(0, 0, 2).permute({2, 0, 1});
}

// Each channel's taps as further outputs: what one channel is to all of them.
GroupMoments of_channels(const Evidence& layer) {
  const Tensor& weight = layer.by_input;
  const int64_t groups = weight.size(0), inputs = weight.size(2);
  const Tensor means = layer.value[0].narrow(0, 1, groups * inputs);
  const Tensor all = layer.value.narrow(0, 1, groups * inputs).narrow(1, 1, groups * inputs);
  return {means.view({groups, inputs}), own_blocks(all.contiguous(), groups),
          weight.transpose(2, 3).reshape({groups, -1, inputs}).to(at::kDouble), 1};
}

GroupMoments of_patches(const Evidence& layer) {
  const Tensor& weight = layer.by_input;
  const int64_t groups = weight.size(0), inputs = weight.size(2) * weight.size(3);
  const Tensor gram = groups == 1 ? layer.value.unsqueeze(0) : layer.value;
  return {gram.select(1, 0).narrow(1, 1, inputs), gram.narrow(1, 1, inputs).narrow(2, 1, inputs),
          weight.reshape({groups, -1, inputs}).to(at::kDouble), weight.size(3)};
}

GroupMoments group_moments(const Evidence& layer) {
  const Tensor& weight = layer.by_input;
  const int64_t groups = weight.size(0), inputs = weight.size(2), taps = weight.size(3);
  if (layer.value.scalar_type() != at::kDouble) throw no_gram(layer);
  if (is_gram(layer.value, groups, inputs * taps)) return of_patches(layer);
  if (is_gram(layer.value, 1, groups * inputs)) return of_channels(layer);
  throw no_gram(layer);
}

// How much more the next in the order scores at least, so that none ties with it.
constexpr double kStep = 1e-9;

void give_scores(const RemovalOrder& order, double energy, const Tensor& scores) {
  double score = 0;
  for (size_t i = 0; i < order.blocks.size(); ++i) {
    score = std::max(order.errors[i] / energy, score * (1 + kStep));
    scores[order.blocks[i]] = score;
  }
}

Tensor removal_error(const Evidence& layer, double ridge) {
  if (!layer.value.isfinite().all().item<bool>())
    throw Error(ErrorKind::Function,
                "the gram holds NaN or infinity: the calibration data or the model produces it");
  const auto [mean, moments, weight, block] = group_moments(layer);
  const double square = (weight.bmm(moments) * weight).sum().item<double>();
  const double energy = square > 0 ? square : 1;  // of outputs that are always 0
  const int64_t groups = weight.size(0), channels = weight.size(2) / block;
  const Tensor scores = at::zeros({groups, channels}, at::kDouble);
  for (int64_t group = 0; group < groups; ++group) {
    const Tensor covariance = moments[group] - mean[group].outer(mean[group]);
    give_scores(removal_order(covariance, weight[group], block, ridge), energy, scores[group]);
  }
  return scores.view(channel_shape(groups * channels, layer));
}

ReduceFn of_weights(const std::string& name, std::function<Tensor(const Evidence&)> score) {
  return [name, score = std::move(score)](const Evidence& layer) {
    if (!layer.by_input.defined())
      throw Error(ErrorKind::Function,
                  "reduce_fn '" + name +
                      "' needs the weights that read each channel: take it for Linear, "
                      "convolution and recurrent layers only");
    return score(layer);
  };
}

ScoreFacts facts_of_weights(Scale scale) {
  ScoreFacts facts;
  facts.needs.weight = facts.needs.by_input = true;
  facts.scale = scale;
  return facts;
}

}  // namespace

ScoreRow weighted_row() {
  ScoreFacts facts = facts_of_weights(Scale::Total);
  facts.scales = true;
  return {"weighted",
          "|x| times the norm of the weights that read the channel",
          {one_or_two("norm", 1), one_or_two("power", 1)},
          [](const json& values) {
            const double norm = values.at("norm"), power = values.at("power");
            return of_weights("weighted", [norm, power](const Evidence& layer) {
              return weighted(layer, norm, power);
            });
          },
          facts};
}

ScoreRow removal_error_row() {
  const auto rule = ranged(optional("ridge", "float", 1e-3, 1e-3), "ridge > 0",
                           [](const json& value) { return value.get<double>() > 0; });
  ScoreFacts facts = facts_of_weights(Scale::Own);
  facts.of_aggregate = "gram";
  return {
      "removal_error",
      "of a gram: what the layer's output loses with the channel when the others make up for it",
      {rule},
      [](const json& values) {
        return of_weights("removal_error",
                          [ridge = values.at("ridge").get<double>()](const Evidence& layer) {
                            return removal_error(layer, ridge);
                          });
      },
      facts};
}

}  // namespace actsparse
