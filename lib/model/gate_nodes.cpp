#include "model/gate_nodes.h"

#include "model/mask_names.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_binary(const Node& node, c10::Symbol kind) {
  return node.kind() == kind && node.inputs().size() == 2;
}

}  // namespace

std::optional<GateNodes> gate_nodes(Node& product) {
  if (!is_binary(product, c10::aten::mul)) return std::nullopt;
  Node& comparison = *product.inputs()[1]->node();
  if (!is_binary(comparison, c10::aten::gt)) return std::nullopt;
  GateNodes gate{comparison.inputs()[0]->node(), product.inputs()[0], nullptr,
                 comparison.inputs()[1]};
  if (is_binary(*gate.magnitudes, c10::aten::mul)) {
    gate.factors = gate.magnitudes->inputs()[1];
    gate.magnitudes = gate.magnitudes->inputs()[0]->node();
  }
  if (gate.magnitudes->kind() != c10::aten::abs || gate.magnitudes->input() != gate.input)
    return std::nullopt;
  return gate;
}

bool reads_buffer(const Value& value, const std::string& kind) {
  const Node& node = *value.node();
  return node.kind() == c10::prim::GetAttr && is_mask_name(node.s(c10::attr::name), kind);
}

}  // namespace actsparse
