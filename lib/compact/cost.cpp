#include "compact/cost.h"

#include "compact/nodes.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

at::IntArrayRef sizes_of(const Trace& trace, const Value* value) {
  const auto* found = trace.value(value);
  return found != nullptr && found->isTensor() && found->toTensor().defined()
             ? found->toTensor().sizes()
             : at::IntArrayRef();
}

int64_t product(at::IntArrayRef sizes) {
  int64_t result = 1;
  for (const int64_t size : sizes) result *= size;
  return result;
}

// Each output of a convolution sums over one row of its weight; of a transposed one each input.
int64_t convolution_macs(const Node& node, const Trace& trace) {
  const auto weight = sizes_of(trace, node.inputs()[1]);
  const auto transposed = node.maybeSchema()->argumentIndexWithName("transposed");
  const auto* flag = transposed ? trace.value(node.inputs()[*transposed]) : nullptr;
  const bool is_transposed =
      flag != nullptr
          ? flag->toBool()
          : std::string(node.kind().toUnqualString()).find("transpose") != std::string::npos;
  if (weight.empty()) return 0;
  return product(sizes_of(trace, is_transposed ? node.inputs()[0] : node.output())) *
         product(weight.slice(1));
}

int64_t product_macs(const Node& node, const Trace& trace, size_t left) {
  const auto sizes = sizes_of(trace, node.inputs().at(left)), out = sizes_of(trace, node.output());
  return sizes.empty() ? 0 : product(out) * sizes.back();
}

// Every step multiplies with all weights.
int64_t recurrent_macs(const Node& node, const Trace& trace) {
  const auto input = sizes_of(trace, node.inputs()[0]);
  const auto* params = trace.value(node.inputs()[2]);
  if (input.size() < 2 || params == nullptr || !params->isTensorList()) return 0;
  int64_t per_step = 0;
  for (const at::Tensor& weight : params->toTensorVector())
    if (weight.dim() == 2) per_step += weight.numel();
  return per_step * product(input.slice(0, input.size() - 1));
}

int64_t macs(const Node& node, const Trace& trace) {
  const std::string name = node.kind().toQualString();
  if (name.rfind("aten::conv", 0) == 0 || name == "aten::_convolution")
    return convolution_macs(node, trace);
  if (name == "aten::linear" || name == "aten::matmul" || name == "aten::mm" || name == "aten::bmm")
    return product_macs(node, trace, 0);
  if (name == "aten::addmm" || name == "aten::baddbmm") return product_macs(node, trace, 1);
  if (name == "aten::lstm" || name == "aten::gru" || name == "aten::rnn_tanh" ||
      name == "aten::rnn_relu")
    return recurrent_macs(node, trace);
  return 0;
}

}  // namespace

int64_t count_macs(const FlatModel& model, const Trace& trace) {
  int64_t sum = 0;
  for_each_node(*model.graph->block(), [&](const Node& node) {
    if (!node.outputs().empty() && trace.value(node.outputs()[0]) != nullptr)
      sum += macs(node, trace);
  });
  return sum;
}

int64_t count_gathered_bytes(const FlatModel& model, const Trace& trace) {
  int64_t sum = 0;
  for_each_node(*model.graph->block(), [&](const Node& node) {
    if (node.kind() != c10::aten::index_select) return;
    const auto* written = trace.value(node.output());
    if (written != nullptr && written->isTensor())
      sum += static_cast<int64_t>(written->toTensor().nbytes());
  });
  return sum;
}

int64_t count_parameters(const torch::jit::Module& model) {
  int64_t sum = 0;
  for (const auto& parameter : model.parameters()) sum += parameter.numel();
  return sum;
}

}  // namespace actsparse
