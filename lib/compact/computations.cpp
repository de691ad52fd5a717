#include "compact/computations.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/norm_except_dim.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>

#include <algorithm>

#include "compact/nodes.h"

namespace actsparse {

using c10::IValue;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

namespace {

using Names = std::map<const Value*, TensorName>;

// The sources with which torch._weight_norm(v, g, dim) gives `wanted`: v can be that itself, and g
// its norms (Salimans and Kingma 2016, arXiv:1602.07868). Rows of zeros have no direction.
std::vector<ModelTensor> inverse_weight_norm(const Node& node, const at::Tensor& wanted,
                                             const Names& names) {
  const auto v = names.find(node.inputs().at(0)), g = names.find(node.inputs().at(1));
  if (v == names.end() || g == names.end()) return {};
  const auto dim = torch::jit::toIValue(node.inputs().at(2))->toInt();
  const auto norms = at::norm_except_dim(wanted, 2, dim);
  const auto direction = at::where(norms.eq(0), at::ones_like(wanted), wanted);
  return {{v->second, direction}, {g->second, norms}};
}

std::vector<ModelTensor> inverse(const Computations::Replaced& changed, const Names& names) {
  static const auto weight_norm = c10::Symbol::fromQualString("aten::_weight_norm");
  const Node& node = *changed.computation->node();
  if (node.kind() != weight_norm) return {};
  return inverse_weight_norm(node, changed.now, names);
}

// "conv." of "conv.v" and "conv.g".
std::string common_owner(const std::string& a, const std::string& b) {
  const size_t length = std::min(a.size(), b.size());
  const std::string common(a.begin(),
                           std::mismatch(a.begin(), a.begin() + length, b.begin()).first);
  return common.substr(0, common.rfind('.') + 1);
}

}  // namespace

class Computations::Folding {
 public:
  Folding(Computations& all, const std::shared_ptr<Graph>& graph, const NameOf& name_of)
      : all_(all), graph_(*graph), name_of_(name_of), aliases_(graph) {}

  void run() {
    std::vector<Node*> nodes;
    for_each_node(*graph_.block(), [&](Node& node) { nodes.push_back(&node); });
    for (Node* node : nodes)
      if (is_foldable(*node)) fold(*node);
  }

 private:
  bool is_foldable(const Node& node) const {
    const auto is_constant = [](const Value* value) {
      return value->node()->kind() == c10::prim::Constant;
    };
    return node.kind() != c10::prim::Constant && node.kind() != c10::aten::dequantize &&
           node.blocks().empty() && !node.outputs().empty() && !node.isNondeterministic() &&
           !node.hasSideEffects() &&
           std::all_of(node.inputs().begin(), node.inputs().end(), is_constant) &&
           !aliases_.hasWriters(&node);
  }

  void fold(Node& node) {
    const auto results = torch::jit::runNodeIfInputsAreConstant(&node);
    if (!results) return;
    const torch::jit::WithInsertPoint guard(&node);
    std::vector<Value*> constants;
    for (const IValue& result : *results) {
      const auto constant = torch::jit::tryInsertConstant(graph_, result);
      if (!constant) return;
      constants.push_back(*constant);
    }
    Node* const copy = all_.graph_->insertNode(
        all_.graph_->createClone(&node, [&](Value* input) { return start(*input); }));
    for (size_t i = 0; i < constants.size(); ++i) {
      note(*constants[i], *copy->outputs()[i]);
      node.outputs()[i]->replaceAllUsesWith(constants[i]);
    }
  }

  void note(const Value& constant, Value& made) {
    copies_[&constant] = &made;
    const auto value = *torch::jit::toIValue(&constant);
    if (value.isTensor()) note(value.toTensor(), made);
    if (!value.isTensorList()) return;
    const auto elements = value.toTensorVector();
    Node* const parts =
        all_.graph_->insertNode(all_.graph_->createListUnpack(&made, elements.size()));
    for (size_t i = 0; i < elements.size(); ++i) note(elements[i], *parts->outputs()[i]);
  }

  void note(const at::Tensor& tensor, Value& made) {
    if (!tensor.defined()) return;
    all_.results_.emplace(place_of(tensor), &made);
    all_.alive_.push_back(tensor);
  }

  // A constant of the folded graph, in the graph of computations.
  Value* start(const Value& constant) {
    auto& copy = copies_[&constant];
    if (copy != nullptr) return copy;
    const auto value = *torch::jit::toIValue(&constant);
    const TensorName* const name = name_of_(constant);
    if (name == nullptr && value.isTensor() && value.toTensor().defined())
      if (Value* const made = all_.of(value.toTensor())) return copy = made;
    copy = all_.graph_->insertConstant(value);
    if (name != nullptr) all_.names_.emplace(copy, *name);
    return copy;
  }

  Computations& all_;
  Graph& graph_;
  const NameOf& name_of_;
  const torch::jit::AliasDb aliases_;
  std::map<const Value*, Value*> copies_;
};

void Computations::fold(const std::shared_ptr<Graph>& graph, const NameOf& name_of) {
  Folding(*this, graph, name_of).run();
}

Value* Computations::of(const at::Tensor& constant) const {
  const auto found = results_.find(place_of(constant));
  return found == results_.end() ? nullptr : found->second;
}

void Computations::replaced(const at::Tensor& old, const at::Tensor& by, const std::string& name) {
  const auto* const before = replacement(old);
  Value* const computation = before != nullptr ? before->computation : of(old);
  if (computation == nullptr || old.is_same(by)) return;
  replaced_.insert_or_assign(place_of(by), Replaced{computation, name, by});
}

const Computations::Replaced* Computations::replacement(const at::Tensor& constant) const {
  const auto found = replaced_.find(place_of(constant));
  return found == replaced_.end() ? nullptr : &found->second;
}

std::vector<const Value*> Computations::starts_of(const Value& computed) const {
  if (names_.count(&computed) != 0) return {&computed};
  std::vector<const Value*> starts;
  for (const Value* input : computed.node()->inputs())
    for (const Value* start : starts_of(*input)) starts.push_back(start);
  return starts;
}

std::vector<ModelTensor> Computations::sources_of(const at::Tensor& constant) const {
  if (const auto* changed = replacement(constant)) return inverse(*changed, names_);
  std::vector<ModelTensor> sources;
  if (const Value* const computed = of(constant))
    for (const Value* start : starts_of(*computed))
      sources.push_back({names_.at(start), torch::jit::toIValue(start)->toTensor()});
  return sources;
}

std::vector<TensorName> Computations::former_sources(const at::Tensor& constant) const {
  std::vector<TensorName> names;
  if (const auto* const changed = replacement(constant))
    for (const Value* start : starts_of(*changed->computation)) names.push_back(names_.at(start));
  return names;
}

std::optional<TensorName> Computations::own_name(const at::Tensor& constant) const {
  const auto sources = former_sources(constant);
  if (sources.empty() || !sources_of(constant).empty()) return std::nullopt;
  std::string owner = sources.front().path;
  bool is_parameter = false;
  for (const TensorName& source : sources) {
    owner = common_owner(owner, source.path);
    is_parameter = is_parameter || source.is_parameter;
  }
  owner = owner.substr(0, owner.find("parametrizations."));
  return TensorName{owner + replacement(constant)->name, is_parameter};
}

const TensorName* Computations::name_of(const Value& start) const {
  const auto found = names_.find(&start);
  return found == names_.end() ? nullptr : &found->second;
}

}  // namespace actsparse
