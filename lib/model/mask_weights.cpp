#include "model/mask_weights.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <optional>

#include "model/layer_tree.h"
#include "model/own_types.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

/// Why a layer cannot take its mask.
struct NotFolded {
  std::string reason;
};

void require(bool condition, const char* reason) {
  if (!condition) throw NotFolded{reason};
}

bool is_own_weight(const Value& value) {
  const Node& read = *value.node();
  return read.kind() == c10::prim::GetAttr && read.s(c10::attr::name) == "weight" &&
         read.input() == read.owningGraph()->inputs().at(0);
}

int64_t constant_or(const Node& node, const char* argument, int64_t otherwise) {
  const auto place = node.maybeSchema()->argumentIndexWithName(argument);
  if (!place) return otherwise;
  const auto value = torch::jit::toIValue(node.inputs().at(*place));
  require(value.has_value(), "its groups are not constant");
  return value->isBool() ? static_cast<int64_t>(value->toBool()) : value->toInt();
}

// The one operator of a call that reads the input.
struct Operator {
  bool is_linear;
  int64_t groups;
};

Operator only_reader(const CallMethod& call) {
  const size_t place = call.input->offset();
  const auto graph = call.graph->copy();
  torch::jit::Inline(*graph);
  const auto& uses = graph->inputs().at(place)->uses();
  require(uses.size() == 1 && uses[0].offset == 0, "its input is read by more than one operator");
  const Node& node = *uses[0].user;
  const bool is_linear = node.kind() == c10::aten::linear;
  require(is_linear || is_convolution(node), "it is no convolution and no linear layer");
  require(is_own_weight(*node.inputs().at(1)) && node.inputs()[1]->uses().size() == 1,
          "its weight is not read by its operator alone");
  require(is_linear || constant_or(node, "transposed", 0) == 0, "it is a transposed convolution");
  return {is_linear, is_linear ? 1 : constant_or(node, "groups", 1)};
}

at::Tensor masked_weight(const Module& layer, const CallMethod& call, const at::Tensor& mask) {
  const auto [is_linear, groups] = only_reader(call);
  const at::Tensor weight = layer.attr("weight").toTensor().detach();
  const int64_t rank = is_linear ? std::max<int64_t>(1, mask.dim()) : weight.dim();
  const auto factors = along_one_axis(mask, rank, is_linear ? rank - 1 : 1);
  require(factors.defined() && (factors.numel() == 1 || factors.numel() == weight.size(1) * groups),
          "its mask has more than one number per channel");
  return masked_columns(weight, factors, groups);
}

void fold(const Module& model, const MaskSite& site, const std::string& method) {
  Module layer = find_layer(model, site.site.layer);
  const auto calls = call_methods(model, layer, site.site, method);
  require(calls.size() == 1, "it can be called in several ways");
  const at::Tensor weight = masked_weight(layer, calls.front(), site.mask);
  layer.setattr("weight", weight);
}

}  // namespace

bool is_convolution(const Node& node) {
  const std::string name = node.kind().toUnqualString();
  return name == "conv1d" || name == "conv2d" || name == "conv3d" || name == "_convolution";
}

at::Tensor masked_columns(const at::Tensor& weight, const at::Tensor& factors, int64_t groups) {
  const auto numbers = factors.to(weight.options());
  if (numbers.numel() == 1) return weight * numbers;
  std::vector<int64_t> shape(weight.dim() + 1, 1), split = weight.sizes().vec();
  shape[0] = groups;
  shape[2] = weight.size(1);
  split[0] /= groups;
  split.insert(split.begin(), groups);
  return (weight.reshape(split) * numbers.view(shape)).reshape(weight.sizes());
}

at::Tensor along_one_axis(const at::Tensor& mask, int64_t rank, int64_t axis) {
  for (int64_t i = 0; i < mask.dim(); ++i)
    if (mask.size(i) != 1 && i + rank - mask.dim() != axis) return {};
  return mask.flatten();
}

MaskedWeights mask_weights(const Module& model, const std::string& method,
                           const std::vector<MaskSite>& sites) {
  std::vector<std::string> layers;
  for (const auto& site : sites) layers.push_back(site.site.layer);
  MaskedWeights result{clone_with_own_types(model, layers), {}, {}, {}};
  for (const auto& site : sites) try {
      fold(result.module, site, method);
      result.folded.push_back(site.site.layer);
    } catch (const NotFolded& cause) {
      result.left.push_back(site);
      result.reasons.emplace_back(site.site.layer, cause.reason);
    }
  return result;
}

}  // namespace actsparse
