#include "repair/operators.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <map>
#include <set>

#include "compact/nodes.h"
#include "compact/tensor_memory.h"
#include "model/linear_node.h"
#include "repair/partial_graph.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Use;
using torch::jit::Value;

at::Tensor constant_tensor(const Value& value) {
  if (value.node()->kind() != c10::prim::Constant) return {};
  const auto constant = torch::jit::toIValue(&value);
  return constant && constant->isTensor() ? constant->toTensor() : at::Tensor();
}

// A constant, and what it was computed from: code that does so reads it, too.
std::vector<at::Tensor> tensors_behind(const FlatModel& model, const Value& value) {
  const at::Tensor constant = constant_tensor(value);
  if (!constant.defined()) return {};
  std::vector<at::Tensor> found = {constant};
  if (model.name_of(value) == nullptr)
    for (const auto& source : model.computations->sources_of(constant))
      found.push_back(source.tensor);
  return found;
}

// What hands on the channels of a masked value as they are, to a layer's own operator.
bool hands_on(const Node& node) {
  static const std::set<std::string> names = {"aten::pad",
                                              "aten::constant_pad_nd",
                                              "aten::contiguous",
                                              "aten::to",
                                              "aten::reflection_pad1d",
                                              "aten::reflection_pad2d",
                                              "aten::reflection_pad3d",
                                              "aten::replication_pad1d",
                                              "aten::replication_pad2d",
                                              "aten::replication_pad3d",
                                              "aten::dropout"};
  return names.count(node.kind().toQualString()) != 0;
}

// By the places of weights: the nodes that read them.
using Readers = std::map<TensorPlace, std::vector<const Node*>>;

Readers readers_of(const FlatModel& model) {
  Readers readers;
  for_each_node(*model.graph->block(), [&](const Node& node) {
    for (const Value* input : node.inputs())
      for (const at::Tensor& tensor : tensors_behind(model, *input))
        readers[place_of(tensor)].push_back(&node);
  });
  return readers;
}

class Search {
 public:
  Search(const FlatModel& model, bool downstream)
      : model_(model), downstream_(downstream), readers_(readers_of(model)) {}

  MaskedOperators find() {
    for_each_node(*model_.graph->block(), [&](Node& node) {
      if (node.kind() == c10::aten::mul && is_mask(model_, node.inputs()[1])) follow_mask(node);
    });
    if (downstream_) add_downstream();
    leave_shared();
    std::sort(found_.operators.begin(), found_.operators.end(),
              [](const auto& a, const auto& b) { return a.node->isBefore(b.node); });
    return std::move(found_);
  }

 private:
  void follow_mask(Node& node) {
    layer_ = owner_and_name(model_.name_of(*node.inputs()[1])->path).first;
    mask_ = constant_tensor(*node.inputs()[1]);
    reason_ = "no operator with a weight of its own reads what is masked";
    const size_t before = found_.operators.size();
    if (node.owningBlock() != model_.graph->block())
      reason_ = "it is called in a loop or a branch";
    else
      follow(*node.output());
    if (found_.operators.size() == before) leave(layer_, reason_);
  }

  void follow(const Value& masked) {
    for (const Use& use : masked.uses()) {
      if (is_linear_node(*use.user) && use.offset == 0)
        take(*use.user);
      else if (hands_on(*use.user) && use.offset == 0)
        follow(*use.user->output());
      else
        reason_ = std::string("what is masked is read by ") + use.user->kind().toQualString();
    }
  }

  void take(Node& node) {
    const Value& weight = *node.inputs().at(1);
    const at::Tensor tensor = constant_tensor(weight);
    const TensorName* const name = model_.name_of(weight);
    if (!tensor.defined() || name == nullptr) return refuse("its weight is computed");
    if (!tensor.is_floating_point()) return refuse("its weight is no floating-point tensor");
    if (node.owningBlock() != model_.graph->block())
      return refuse("it is called in a loop or a branch");
    const auto kernel =
        node.kind() == c10::aten::linear ? at::IntArrayRef() : tensor.sizes().slice(2);
    const auto linear = linear_node(node, kernel);
    if (!linear) return refuse("its stride, padding or groups are computed");
    const Value& bias = *node.inputs().at(linear->bias);
    if (bias.node()->kind() != c10::prim::Constant) return refuse("its bias is computed");
    const std::string owner = owner_and_name(name->path).first;
    found_.operators.push_back({mask_.defined() ? layer_ : owner, &node, linear->window,
                                linear->input, linear->weight, linear->bias, tensor.detach(),
                                constant_tensor(bias), mask_});
  }

  // What a masked value has gone into. Nothing is said of those that cannot be repaired.
  void add_downstream() {
    mask_ = at::Tensor();
    std::set<const Value*> changed;
    for (Node* node : model_.graph->block()->nodes()) {
      const auto read = values_read(*node);
      const bool is_mask_node =
          node->kind() == c10::aten::mul && is_mask(model_, node->inputs()[1]);
      if (!is_mask_node && std::none_of(read.begin(), read.end(), [&](const Value* value) {
            return changed.count(value) != 0;
          }))
        continue;
      for (const Value* output : node->outputs()) changed.insert(output);
      if (is_linear_node(*node) && changed.count(node->inputs()[0]) != 0 &&
          !is_masked_operator(node))
        take(*node);
    }
  }

  void refuse(const std::string& reason) { reason_ = reason; }
  void leave(const std::string& layer, const std::string& reason) {
    found_.left.push_back({layer, reason});
  }

  bool is_masked_operator(const Node* node) const {
    return std::any_of(found_.operators.begin(), found_.operators.end(),
                       [&](const auto& masked) { return masked.node == node; });
  }

  // Whoever else reads a weight would be changed with it.
  const Node* stranger(const at::Tensor& tensor) const {
    if (!tensor.defined()) return nullptr;
    for (const Node* reader : readers_.at(place_of(tensor)))
      if (!is_masked_operator(reader)) return reader;
    return nullptr;
  }

  void leave_shared() {
    std::vector<MaskedOperator> own;
    for (const auto& masked : found_.operators) {
      const Node* other = stranger(masked.weight);
      if (other == nullptr) other = stranger(masked.bias);
      if (other == nullptr)
        own.push_back(masked);
      else
        leave(masked.layer, std::string("its weight is read by ") + other->kind().toQualString() +
                                " elsewhere, too");
    }
    found_.operators = std::move(own);
  }

  const FlatModel& model_;
  const bool downstream_;
  const Readers readers_;
  MaskedOperators found_;
  // Of the mask that is followed.
  std::string layer_, reason_;
  at::Tensor mask_;
};

}  // namespace

MaskedOperators masked_operators(const FlatModel& model, bool downstream) {
  return Search(model, downstream).find();
}

at::Tensor kept_channels(const MaskedOperator& masked, const at::Tensor& input) {
  if (!masked.mask.defined() || masked.window.groups != 1) return {};
  const int64_t dim = channel_dim(input, masked.window);
  const int64_t own = dim - (input.dim() - masked.mask.dim());
  if (own < 0 || own >= masked.mask.dim() || masked.mask.size(own) != input.size(dim)) return {};
  const at::Tensor kept = masked.mask.ne(0).movedim(own, 0).reshape({input.size(dim), -1}).any(1);
  return kept.all().item<bool>() ? at::Tensor() : kept.nonzero().flatten();
}

}  // namespace actsparse
