#include "compact/rewrite.h"

#include <ATen/ops/searchsorted.h>
#include <torch/csrc/jit/ir/constants.h>

namespace actsparse {

using c10::IValue;
using torch::jit::Node;
using torch::jit::Value;
using Kind = Change::Kind;

namespace {

// What the changed input is called in the operator's schema: "weight".
std::string argument_name(const Node& node, const Change& change) {
  const auto* const schema = node.maybeSchema();
  return schema != nullptr && change.place < schema->arguments().size()
             ? schema->arguments()[change.place].name()
             : "constant";
}

}  // namespace

at::Tensor Rewrite::kept(const Channels& channels, int64_t axis) const {
  const auto ids = unexpanded(channels.ids);
  if (ids.size(axis) != channels.ids.size(axis)) return {};
  const auto kept = rows_along(solution_.is_kept(ids), axis).any(1);
  return kept.all().item<bool>() ? at::Tensor() : kept.nonzero().flatten();
}

int64_t Rewrite::kept_count(const Channels& channels, int64_t axis) const {
  const auto index = kept(channels, axis);
  return index.defined() ? index.numel() : channels.ids.size(axis);
}

void Rewrite::note_replaced(const Value& old, const at::Tensor& by, const std::string& name) {
  const auto before = torch::jit::toIValue(&old);
  if (before && before->isTensor() && before->toTensor().defined())
    model_.computations->replaced(before->toTensor(), by, name);
}

void Rewrite::make(Node& node, Change change) {
  perform(change, node, [&](const Value* old, Node& before, const IValue& value) {
    const torch::jit::WithInsertPoint guard(&before);
    Value* const made = torch::jit::insertConstant(*model_.graph, value);
    const TensorName* const name = old == nullptr ? nullptr : model_.name_of(*old);
    if (value.isTensor() && name != nullptr)
      model_.set_name(*made, TensorName(*name));
    else if (value.isTensor() && old != nullptr)
      note_replaced(*old, value.toTensor(), argument_name(node, change));
    return made;
  });
  changes_.emplace_back(&node, std::move(change));
}

int64_t Rewrite::length(const Value& list) const {
  const IValue* recorded = trace_.value(&list);
  return recorded != nullptr && recorded->isIntList()
             ? static_cast<int64_t>(recorded->toIntVector().size())
             : 0;
}

void Rewrite::set(Node& node, size_t input, const IValue& value) {
  make(node, {Kind::Input, input, 0, value});
}

void Rewrite::set_element(Node& node, size_t input, size_t element, const IValue& value) {
  make(node, {Kind::Element,
              input,
              static_cast<int64_t>(element),
              value,
              {},
              length(*node.inputs().at(input))});
}

void Rewrite::replace_elements(Node& node, const std::map<size_t, int64_t>& elements) {
  make(node, {Kind::Numbers, 0, 0, {}, elements, length(*node.output())});
}

void Rewrite::replace_output(Node& node, const IValue& constant) {
  make(node, {Kind::Output, 0, 0, constant});
}

void Rewrite::index_select(Node& node, size_t input, int64_t axis, const at::Tensor& index) {
  const auto parameters = model_.module.parameters();
  const auto device = parameters.size() > 0 ? (*parameters.begin()).device() : at::kCPU;
  make(node, {Kind::IndexSelect, input, axis, index.to(device)});
}

void Rewrite::split_with_sizes(Node& node, const std::vector<int64_t>& sizes, int64_t axis) {
  make(node, {Kind::Split, 0, axis, sizes});
}

void Rewrite::bypass(Node& node, size_t input) { make(node, {Kind::Bypass, input}); }

at::Tensor sliced(const at::Tensor& tensor, int64_t axis, const at::Tensor& index) {
  return index.defined() ? tensor.index_select(axis, index.to(tensor.device())) : tensor;
}

at::Tensor places_among(const at::Tensor& picked, const at::Tensor& present) {
  return present.defined() ? at::searchsorted(present, picked) : picked;
}

}  // namespace actsparse
