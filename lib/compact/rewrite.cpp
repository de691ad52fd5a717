#include "compact/rewrite.h"

#include <torch/csrc/jit/ir/constants.h>

namespace actsparse {

using c10::IValue;
using torch::jit::Node;
using torch::jit::Value;

at::Tensor Rewrite::kept(const Channels& channels, int64_t axis) const {
  const auto ids = unexpanded(channels.ids);
  if (ids.size(axis) != channels.ids.size(axis)) return {};
  const auto kept = solution_.is_kept(ids).movedim(axis, 0).reshape({ids.size(axis), -1}).any(1);
  return kept.all().item<bool>() ? at::Tensor() : kept.nonzero().flatten();
}

int64_t Rewrite::kept_count(const Channels& channels, int64_t axis) const {
  const auto index = kept(channels, axis);
  return index.defined() ? index.numel() : channels.ids.size(axis);
}

Value* Rewrite::constant(Node& before, const IValue& value) {
  const torch::jit::WithInsertPoint guard(&before);
  return torch::jit::insertConstant(*model_.graph, value);
}

Value* Rewrite::renewed(Node& before, const Value& old, const IValue& value) {
  Value* const changed = constant(before, value);
  const TensorName* const name = model_.name_of(old);
  if (value.isTensor() && name != nullptr) model_.set_name(*changed, TensorName(*name));
  return changed;
}

void Rewrite::set(Node& node, size_t input, const IValue& value) {
  node.replaceInput(input, renewed(node, *node.inputs().at(input), value));
}

bool Rewrite::has_elements(const Value& list) {
  const auto kind = list.node()->kind();
  return kind == c10::prim::ListConstruct || kind == c10::prim::Constant ||
         (kind == c10::aten::size && list.node()->inputs().size() == 1 &&
          list.node()->input()->node()->outputs().size() == 1);
}

std::vector<Value*> Rewrite::elements(Value& list, Node& before) {
  Node& made = *list.node();
  if (made.kind() == c10::prim::ListConstruct) return made.inputs().vec();
  std::vector<Value*> values;
  if (made.kind() == c10::prim::Constant) {
    for (const int64_t number : torch::jit::toIValue(&list)->toIntVector())
      values.push_back(constant(before, number));
    return values;
  }
  const size_t axes = trace_.value(&list)->toIntVector().size();
  for (size_t axis = 0; axis < axes; ++axis) {
    Value* const number = constant(before, static_cast<int64_t>(axis));
    Node* const size = model_.graph->create(c10::aten::size, {made.input(), number});
    size->insertBefore(&before)->output()->setType(c10::IntType::get());
    values.push_back(size->output());
  }
  return values;
}

Value* Rewrite::make_list(const Value& like, Node& before, const std::vector<Value*>& elements) {
  Node* const list = model_.graph->create(c10::prim::ListConstruct, elements, 1);
  list->insertBefore(&before)->output()->setType(like.type());
  return list->output();
}

void Rewrite::set_element(Node& node, size_t input, size_t element, const IValue& value) {
  Value& list = *node.inputs().at(input);
  auto values = elements(list, node);
  values.at(element) = renewed(node, *values.at(element), value);
  node.replaceInput(input, make_list(list, node, values));
}

void Rewrite::replace_elements(Value& list, const std::map<size_t, int64_t>& changed) {
  Node& next = *list.node()->next();
  auto values = elements(list, next);
  for (const auto& [element, number] : changed) values.at(element) = constant(next, number);
  list.replaceAllUsesWith(make_list(list, next, values));
}

void Rewrite::replace(Value& value, const IValue& constant) {
  value.replaceAllUsesWith(this->constant(*value.node()->next(), constant));
}

void Rewrite::select(Node& node, size_t input, int64_t axis, const at::Tensor& index) {
  auto& graph = *model_.graph;
  Value* const axis_value = constant(node, axis);
  Value* const index_value = constant(node, index);
  Node* const selected =
      graph.create(c10::aten::index_select, {node.inputs().at(input), axis_value, index_value});
  selected->insertBefore(&node);
  node.replaceInput(input, selected->output());
}

Node& Rewrite::become(Node& node, c10::Symbol kind, const std::vector<Value*>& inputs) {
  Node* const other = model_.graph->create(kind, inputs, node.outputs().size());
  other->insertBefore(&node);
  other->setSourceRange(node.sourceRange());
  for (size_t i = 0; i < node.outputs().size(); ++i) {
    other->outputs()[i]->setType(node.outputs()[i]->type());
    node.outputs()[i]->replaceAllUsesWith(other->outputs()[i]);
  }
  return *other;
}

at::Tensor sliced(const at::Tensor& tensor, int64_t axis, const at::Tensor& index) {
  return index.defined() ? tensor.index_select(axis, index.to(tensor.device())) : tensor;
}

}  // namespace actsparse
