#include "repair/residual.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <torch/csrc/jit/ir/constants.h>

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

constexpr double kLeastScale = 1e-2;

std::optional<at::Tensor> constant(const Value& value) {
  if (value.node()->kind() != c10::prim::Constant) return std::nullopt;
  const auto found = torch::jit::toIValue(&value);
  return found && found->isTensor() ? std::optional(found->toTensor()) : std::nullopt;
}

bool is_false(const Value& value) {
  const auto flag = torch::jit::toIValue(&value);
  return flag && flag->isBool() && !flag->toBool();
}

bool is_one(const Value& value) {
  const auto number = torch::jit::toIValue(&value);
  return number && number->isScalar() && number->toScalar().toDouble() == 1;
}

bool is_tensor(const Value& value) { return value.type()->kind() == c10::TypeKind::TensorType; }

// gamma / sigma of aten::batch_norm(input, weight, bias, mean, var, training, momentum, eps).
std::optional<at::Tensor> batch_norm_scale(const Node& node) {
  const auto variance = constant(*node.inputs().at(4));
  const auto epsilon = torch::jit::toIValue(node.inputs().at(7));
  if (!variance || !epsilon || !epsilon->isDouble() || !is_false(*node.inputs().at(5)))
    return std::nullopt;
  const at::Tensor sigma = (variance->detach().to(at::kDouble) + epsilon->toDouble()).sqrt();
  const auto gamma = constant(*node.inputs().at(1));
  return gamma ? gamma->detach().to(at::kDouble) / sigma : sigma.reciprocal();
}

// A factor for each channel: of a convolution [1, C, 1, ...] or [C, 1, ...], of a matrix [C].
std::optional<at::Tensor> factor_scale(const Node& node, const MaskedOperator& masked) {
  const auto factor = constant(*node.inputs().at(1));
  if (!factor || !factor->defined()) return std::nullopt;
  const int64_t outputs = masked.outputs();
  const auto behind = static_cast<int64_t>(masked.window.kernel.size());
  const bool is_channels = factor->numel() == outputs && factor->dim() > behind &&
                           factor->size(factor->dim() - behind - 1) == outputs;
  if (factor->numel() != 1 && !is_channels) return std::nullopt;
  return factor->detach().to(at::kDouble).flatten();
}

bool passes(const Node& node) {
  return node.kind() == c10::aten::contiguous || node.kind() == c10::aten::dropout;
}

}  // namespace

std::optional<Residual> find_residual(const MaskedOperator& masked) {
  if (masked.kind == MaskedOperator::Kind::Recurrent) return std::nullopt;
  at::Tensor scale;
  const auto times = [&](const at::Tensor& factor) {
    scale = scale.defined() ? scale * factor : factor;
  };
  for (Value* value = masked.node->output(); value->uses().size() == 1;) {
    const auto [user, place] = value->uses().front();
    Node& node = *user;
    if (node.kind() == c10::aten::add && node.inputs().size() == 3) {
      Value* const other = node.inputs().at(1 - place);
      if (!is_one(*node.inputs().at(2)) || !is_tensor(*other)) return std::nullopt;
      // A batch norm's window tells nothing of the axes behind its channels, which a scale lies
      // along.
      if (masked.kind == MaskedOperator::Kind::BatchNorm && scale.defined()) return std::nullopt;
      if (!constant(*other)) return Residual{other, node.output(), scale};
    } else if (node.kind() == c10::aten::batch_norm && place == 0) {
      const auto factor = batch_norm_scale(node);
      if (!factor) return std::nullopt;
      times(*factor);
    } else if (node.kind() == c10::aten::mul && place == 0) {
      const auto factor = factor_scale(node, masked);
      if (!factor) return std::nullopt;
      times(*factor);
    } else if (!passes(node)) {
      return std::nullopt;
    }
    value = node.output();
  }
  return std::nullopt;
}

at::Tensor with_made_up(const at::Tensor& wanted, const at::Tensor& was, const at::Tensor& is,
                        const Residual& residual, const Window& window) {
  if (was.sizes() != wanted.sizes()) return wanted;
  const at::Tensor lost = was - is;
  if (!residual.scale.defined()) return wanted + lost;
  std::vector<int64_t> shape(window.kernel.size() + 1, 1);
  shape[0] = -1;
  const at::Tensor reaches = residual.scale.abs() >= kLeastScale;
  const at::Tensor share =
      at::where(reaches, residual.scale.reciprocal(), at::zeros({}, residual.scale.options()));
  return wanted + lost * share.view(shape).to(lost.dtype());
}

}  // namespace actsparse
