#include "model/layer_window.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "model/inline_calls.h"
#include "model/layer_owner.h"
#include "model/linear_node.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// The operator that reads a value, and the padding between them.
struct Reader {
  Node* node = nullptr;
  std::vector<int64_t> zeros;  // the last dimension first: before, after
  bool has_other_padding = false;
};

bool gives_tensors(const Node& node) {
  const auto outputs = node.outputs();
  return std::any_of(outputs.begin(), outputs.end(), [](const Value* output) {
    return !output->type()->isSubtypeOf(*c10::NumberType::get()) &&
           !output->type()->isSubtypeOf(*c10::BoolType::get()) &&
           output->type()->kind() != c10::TypeKind::ListType &&
           output->type()->kind() != c10::TypeKind::DeviceObjType;
  });
}

bool is_padding(const Node& node) {
  static const std::set<std::string> names = {"aten::pad",
                                              "aten::constant_pad_nd",
                                              "aten::reflection_pad1d",
                                              "aten::reflection_pad2d",
                                              "aten::reflection_pad3d",
                                              "aten::replication_pad1d",
                                              "aten::replication_pad2d",
                                              "aten::replication_pad3d"};
  return names.count(node.kind().toQualString()) != 0;
}

std::optional<c10::IValue> argument(const Node& node, const char* name) {
  const auto place = node.schema().argumentIndexWithName(name);
  if (!place) return std::nullopt;
  const auto value = torch::jit::toIValue(node.inputs().at(static_cast<size_t>(*place)));
  return value ? std::optional<c10::IValue>(*value) : std::nullopt;
}

bool is_zero(const std::optional<c10::IValue>& value) {
  return value && (value->isNone() || (value->isScalar() && value->toScalar().toDouble() == 0));
}

void note_padding(const Node& node, Reader& reader) {
  const auto amounts = argument(node, "pad");
  const auto mode = argument(node, "mode");
  const bool is_constant = node.kind().toQualString() == std::string("aten::constant_pad_nd") ||
                           (mode && mode->isString() && mode->toStringRef() == "constant");
  if (!is_constant || !is_zero(argument(node, "value")) || !amounts || !amounts->isIntList()) {
    reader.has_other_padding = true;
    return;
  }
  const auto more = amounts->toIntVector();
  reader.zeros.resize(std::max(reader.zeros.size(), more.size()), 0);
  for (size_t i = 0; i < more.size(); ++i) reader.zeros[i] += more[i];
}

// The only node that makes tensors of `value`; sizes and dtypes may be asked by others.
Node* only_reader(const Value& value) {
  Node* found = nullptr;
  for (const auto& use : value.uses()) {
    if (use.user->kind() == c10::prim::Return) return nullptr;
    if (!gives_tensors(*use.user) && use.user->blocks().empty()) continue;
    if (found != nullptr || use.offset != 0) return nullptr;
    found = use.user;
  }
  return found;
}

std::optional<Reader> reader_of(const Value& input) {
  Reader reader;
  const Value* value = &input;
  while (Node* const node = only_reader(*value)) {
    if (is_linear_node(*node)) {
      reader.node = node;
      return reader;
    }
    if (!is_padding(*node)) return std::nullopt;
    note_padding(*node, reader);
    value = node->output();
  }
  return std::nullopt;
}

// The attribute of `self` that a value is read from.
std::optional<c10::IValue> attribute(const Value& value, const Module& self, const Value& itself) {
  if (&value == &itself) return c10::IValue(self._ivalue());
  if (value.node()->kind() != c10::prim::GetAttr) return std::nullopt;
  const auto owner = attribute(*value.node()->input(), self, itself);
  const auto name = value.node()->s(c10::attr::name);
  if (!owner || !owner->isModule() || !owner->toModule().hasattr(name)) return std::nullopt;
  return owner->toModule().attr(name);
}

// Zeros in front of the operator's own; false where they lie around other dimensions.
bool add_zeros(Window& window, const std::vector<int64_t>& zeros) {
  const size_t count = window.kernel.size();
  for (size_t i = 0; i < zeros.size(); ++i) {
    if (zeros[i] == 0) continue;
    if (i / 2 >= count) return false;
    const size_t dim = count - 1 - i / 2;
    (i % 2 == 0 ? window.before : window.after)[dim] += zeros[i] * window.spread[dim];
  }
  return true;
}

// Arguments that are optional and stand at None.
void leave_out_optional(Graph& graph, const c10::FunctionSchema& schema) {
  const torch::jit::WithInsertPoint guard(*graph.nodes().begin());
  for (size_t i = 1; i < schema.arguments().size() && i < graph.inputs().size(); ++i) {
    const auto& value = schema.arguments()[i].default_value();
    if (value && value->isNone())
      graph.inputs().at(i)->replaceAllUsesWith(graph.insertConstant(c10::IValue()));
  }
}

std::shared_ptr<Graph> own_graph(const LayerUse& call, const Module& layer) {
  auto graph = call.graph->copy();
  leave_out_optional(*graph, layer.get_method(call.name).function().getSchema());
  inline_calls(*graph);
  torch::jit::ConstantPropagation(graph);
  return graph;
}

std::optional<LayerWindow> window_in(const LayerUse& call, const Module& layer) {
  const auto graph = own_graph(call, layer);
  const auto reader = reader_of(*graph->inputs().at(call.input->offset()));
  if (!reader) return std::nullopt;
  const auto weight = attribute(*reader->node->inputs().at(1), layer, *graph->inputs().at(0));
  if (!weight || !weight->isTensor() || weight->toTensor().dim() < 2) return std::nullopt;
  const at::Tensor tensor = weight->toTensor().detach();
  const auto found = linear_node(*reader->node, tensor.sizes().slice(2));
  if (!found) return std::nullopt;
  LayerWindow result{found->window, tensor, reader->has_other_padding};
  return add_zeros(result.window, reader->zeros) ? std::optional(result) : std::nullopt;
}

std::optional<LayerWindow> window_of_operator(const FunctionalUse& use) {
  at::Tensor weight = use.owner->getAttr(use.parameter).toTensor().detach();
  if (use.form == WeightForm::Transposed && weight.dim() == 2)
    weight = weight.t();
  else if (use.form != WeightForm::AsIs)
    return std::nullopt;
  if (use.channel_dim == -1 && weight.dim() == 2) return LayerWindow{{}, weight};
  const auto found = linear_node(*use.node, weight.sizes().slice(2));
  return found ? std::optional(LayerWindow{found->window, weight}) : std::nullopt;
}

std::optional<LayerWindow> window_of(const LayerUse& use, const Module& layer) {
  return use.functional != nullptr ? window_of_operator(*use.functional) : window_in(use, layer);
}

bool same(const Window& a, const Window& b) {
  return a.groups == b.groups && a.transposed == b.transposed && a.kernel == b.kernel &&
         a.stride == b.stride && a.dilation == b.dilation && a.before == b.before &&
         a.after == b.after && a.spread == b.spread;
}

}  // namespace

std::optional<LayerWindow> layer_window(const LayerUses& uses, const Site& site) {
  const Module layer = find_owner(uses.model(), site.layer).module;
  std::optional<LayerWindow> result;
  for (const auto& use : uses.of(site)) {
    auto found = window_of(use, layer);
    const bool differs =
        found && result &&
        !(same(found->window, result->window) && found->weight.is_alias_of(result->weight) &&
          found->has_other_padding == result->has_other_padding);
    if (!found || differs) return std::nullopt;
    result = std::move(found);
  }
  return result;
}

}  // namespace actsparse
