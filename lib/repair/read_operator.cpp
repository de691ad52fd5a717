#include "repair/read_operator.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/jit/ir/constants.h>

#include <set>

#include "model/linear_node.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// What is wrong with an operator; caught in this file.
struct Unreadable {
  std::string reason;
};

bool is_recurrent(const Node& node) {
  static const std::set<std::string> names = {"aten::lstm", "aten::gru", "aten::rnn_tanh",
                                              "aten::rnn_relu"};
  return names.count(node.kind().toQualString()) != 0;
}

size_t argument(const Node& node, const char* name) {
  return static_cast<size_t>(node.schema().argumentIndexWithName(name).value());
}

c10::IValue constant(const Node& node, const char* name) {
  const auto value = torch::jit::toIValue(node.inputs().at(argument(node, name)));
  if (!value) throw Unreadable{"its " + std::string(name) + " is computed"};
  return *value;
}

// Of a parameter or a buffer.
std::string owner_of(const FlatModel& model, const Value& value) {
  return owner_and_name(model.name_of(value)->path).first;
}

at::Tensor own_tensor(const FlatModel& model, const Value& value, const std::string& what) {
  const at::Tensor tensor = constant_tensor(value);
  if (!tensor.defined() || model.name_of(value) == nullptr)
    throw Unreadable{"its " + what + " is computed"};
  if (!tensor.is_floating_point()) throw Unreadable{"its " + what + " is no floating-point tensor"};
  return tensor.detach();
}

MaskedOperator linear(const FlatModel& model, Node& node) {
  const Value& weight = *node.inputs().at(1);
  MaskedOperator found;
  found.weight = own_tensor(model, weight, "weight");
  found.layer = owner_of(model, weight);
  const auto kernel =
      node.kind() == c10::aten::linear ? at::IntArrayRef() : found.weight.sizes().slice(2);
  const auto linear = linear_node(node, kernel);
  if (!linear) throw Unreadable{"its stride, padding or groups are computed"};
  found.window = linear->window;
  found.input = linear->input;
  found.weight_at = {linear->weight};
  found.bias_at = {linear->bias};
  const Value& bias = *node.inputs().at(linear->bias);
  if (bias.node()->kind() != c10::prim::Constant) throw Unreadable{"its bias is computed"};
  found.bias = constant_tensor(bias);
  found.sources = {found.weight};
  if (found.bias.defined()) found.sources.push_back(found.bias);
  return found;
}

// All directions' rows, of those tensors of each direction that stand at `place`.
at::Tensor rows_of(const FlatModel& model, const Node& params, const ParameterPlace& place,
                   const std::string& what, std::vector<at::Tensor>& sources) {
  std::vector<at::Tensor> rows;
  for (const size_t element : place.elements)
    rows.push_back(own_tensor(model, *params.inputs().at(element), what));
  sources.insert(sources.end(), rows.begin(), rows.end());
  return at::cat(rows);
}

MaskedOperator recurrent(const FlatModel& model, Node& node) {
  const size_t place = argument(node, "params");
  const Node& params = *node.inputs().at(place)->node();
  if (params.kind() != c10::prim::ListConstruct) throw Unreadable{"its weights are computed"};
  if (!constant(node, "has_biases").toBool())
    throw Unreadable{"it has no bias that could make up for means"};
  const size_t directions = constant(node, "bidirectional").toBool() ? 2 : 1;
  const auto layers = static_cast<size_t>(constant(node, "num_layers").toInt());
  constexpr size_t kTensors = 4;  // weight_ih, weight_hh, bias_ih, bias_hh
  if (params.inputs().size() != layers * directions * kTensors)
    throw Unreadable{"it has projections"};
  MaskedOperator found;
  found.kind = MaskedOperator::Kind::Recurrent;
  found.weight_at = found.bias_at = {place};
  for (size_t direction = 0; direction < directions; ++direction) {
    found.weight_at.elements.push_back(direction * kTensors);
    found.bias_at.elements.push_back(direction * kTensors + 2);
  }
  found.weight = rows_of(model, params, found.weight_at, "weight", found.sources);
  found.bias = rows_of(model, params, found.bias_at, "bias", found.sources);
  found.layer = owner_of(model, *params.inputs().front());
  return found;
}

// One number for each channel, where the operator may have none.
at::Tensor channel_numbers(const Node& node, const char* name, const at::Tensor& without) {
  const Value& value = *node.inputs().at(argument(node, name));
  if (value.node()->kind() != c10::prim::Constant)
    throw Unreadable{"its " + std::string(name) + " is computed"};
  const at::Tensor tensor = constant_tensor(value);
  return tensor.defined() ? tensor.detach().to(at::kDouble) : without;
}

MaskedOperator batch_norm(const FlatModel& model, Node& node) {
  MaskedOperator found;
  found.kind = MaskedOperator::Kind::BatchNorm;
  found.weight_at = {argument(node, "running_mean")};
  found.bias_at = {argument(node, "running_var")};
  const Value& mean = *node.inputs().at(found.weight_at.input);
  found.sources = {own_tensor(model, mean, "mean"),
                   own_tensor(model, *node.inputs().at(found.bias_at.input), "variance")};
  if (constant(node, "training").toBool())
    throw Unreadable{"it takes the statistics of each batch"};
  found.layer = owner_of(model, mean);
  const at::Tensor mu = found.sources[0].to(at::kDouble);
  const double epsilon = constant(node, "eps").toDouble();
  found.norm = {channel_numbers(node, "weight", at::ones_like(mu)),
                channel_numbers(node, "bias", at::zeros_like(mu)), epsilon};
  const at::Tensor scale = found.norm.gamma / (found.sources[1].to(at::kDouble) + epsilon).sqrt();
  found.weight = scale.view({-1, 1, 1});
  found.bias = found.norm.beta - scale * mu;
  ConvolutionArguments each;
  each.kernel = each.stride = each.dilation = {1};
  each.padding = {0};
  each.groups = mu.numel();
  found.window = window_of(each);
  return found;
}

}  // namespace

at::Tensor constant_tensor(const Value& value) {
  if (value.node()->kind() != c10::prim::Constant) return {};
  const auto constant = torch::jit::toIValue(&value);
  return constant && constant->isTensor() ? constant->toTensor() : at::Tensor();
}

bool is_readable(const Node& node) {
  return is_linear_node(node) || is_recurrent(node) || node.kind() == c10::aten::batch_norm;
}

ReadOperator read_operator(const FlatModel& model, Node& node) try {
  MaskedOperator found = is_linear_node(node) ? linear(model, node)
                         : is_recurrent(node) ? recurrent(model, node)
                                              : batch_norm(model, node);
  found.node = &node;
  return {found, {}};
} catch (const Unreadable& unreadable) {
  return {std::nullopt, unreadable.reason};
}

}  // namespace actsparse
