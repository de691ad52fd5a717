#include "repair/operators.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <map>
#include <set>

#include "compact/nodes.h"
#include "compact/tensor_memory.h"
#include "model/mask_names.h"
#include "repair/partial_graph.h"
#include "repair/read_operator.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Use;
using torch::jit::Value;

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

// With one axis more or less, as recurrent layers take samples without a batch.
bool is_same_but_for_axes(const Value& value, const Value& masked) {
  const Node& node = *value.node();
  return &value == &masked ||
         ((node.kind() == c10::aten::unsqueeze || node.kind() == c10::aten::squeeze) &&
          node.inputs()[0] == &masked);
}

// What an `if` gives where a value is handed over to it; null if one of its branches gives
// something else.
Value* chosen(const Use& use, const Value& masked) {
  Node* const owner = use.user->owningBlock()->owningNode();
  if (use.user->kind() != c10::prim::Return || owner == nullptr || owner->kind() != c10::prim::If)
    return nullptr;
  for (const torch::jit::Block* branch : owner->blocks())
    if (!is_same_but_for_axes(*branch->outputs().at(use.offset), masked)) return nullptr;
  return owner->outputs().at(use.offset);
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
  Search(const FlatModel& model, const RepairConfig& config)
      : model_(model), config_(config), readers_(readers_of(model)) {}

  MaskedOperators find() {
    for_each_node(*model_.graph->block(), [&](Node& node) {
      if (node.kind() == c10::aten::mul && is_mask(model_, node.inputs()[1])) follow_mask(node);
    });
    add_downstream();
    leave_shared();
    std::sort(found_.operators.begin(), found_.operators.end(),
              [](const auto& a, const auto& b) { return a.node->isBefore(b.node); });
    return std::move(found_);
  }

 private:
  void follow_mask(Node& node) {
    layer_ = layer_of_mask(model_.name_of(*node.inputs()[1])->path);
    mask_ = constant_tensor(*node.inputs()[1]);
    reason_ = "no operator with a weight of its own reads what is masked";
    const size_t before = found_.operators.size();
    if (node.owningBlock() != model_.graph->block())
      reason_ = "it is called in a loop or a branch";
    else
      follow(*node.output());
    if (found_.operators.size() == before && config_.method != "none") leave(layer_, reason_);
  }

  void follow(const Value& masked) {
    for (const Use& use : masked.uses()) {
      Node& user = *use.user;
      if (is_readable(user) && use.offset == 0)
        take(user);
      else if (hands_on(user) && use.offset == 0)
        follow(*user.output());
      else if (const Value* const either = chosen(use, masked))
        follow(*either);
      else
        reason_ = std::string("what is masked is read by ") + user.kind().toQualString();
    }
  }

  void take(Node& node) {
    if (node.owningBlock() != model_.graph->block())
      return refuse("it is called in a loop or a branch");
    ReadOperator read = read_operator(model_, node);
    if (!read.found) return refuse(read.reason);
    if (!wants(*read.found)) return refuse("only batch norms are estimated again");
    if (mask_.defined()) read.found->layer = layer_;
    read.found->mask = mask_;
    if (!is_masked_operator(&node)) found_.operators.push_back(std::move(*read.found));
  }

  // Means are those of masked channels; for "linear" all that follows can be solved for anew.
  bool wants(const MaskedOperator& read) const {
    if (read.kind == MaskedOperator::Kind::BatchNorm) return wants_norm(read);
    return config_.method == "linear" || (config_.method == "mean" && mask_.defined());
  }

  // Least squares right before it leave nothing for it to mend.
  bool wants_norm(const MaskedOperator& read) const {
    if (config_.batch_norm) return *config_.batch_norm;
    return config_.method != "linear" || !is_masked_operator(read.node->inputs()[0]->node());
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
      if (is_readable(*node) && changed.count(node->inputs()[0]) != 0) take(*node);
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
  const Node* stranger(const MaskedOperator& masked) const {
    for (const at::Tensor& tensor : masked.sources)
      for (const Node* reader : readers_.at(place_of(tensor)))
        if (!is_masked_operator(reader) && !is_list_of_one(*reader)) return reader;
    return nullptr;
  }

  // Recurrent operators take their weights as lists.
  bool is_list_of_one(const Node& node) const {
    if (node.kind() != c10::prim::ListConstruct) return false;
    const auto& uses = node.output()->uses();
    return std::all_of(uses.begin(), uses.end(),
                       [&](const Use& use) { return is_masked_operator(use.user); });
  }

  void leave_shared() {
    std::vector<MaskedOperator> own;
    for (const auto& masked : found_.operators) {
      const Node* other = stranger(masked);
      if (other == nullptr)
        own.push_back(masked);
      else
        leave(masked.layer, std::string("its weight is read by ") + other->kind().toQualString() +
                                " elsewhere, too");
    }
    found_.operators = std::move(own);
  }

  const FlatModel& model_;
  const RepairConfig& config_;
  const Readers readers_;
  MaskedOperators found_;
  // Of the mask that is followed.
  std::string layer_, reason_;
  at::Tensor mask_;
};

}  // namespace

MaskedOperators masked_operators(const FlatModel& model, const RepairConfig& config) {
  return Search(model, config).find();
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
