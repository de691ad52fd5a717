#include "compact/flat_model.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/peephole.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include <functional>
#include <set>

#include "base/error.h"
#include "compact/in_place.h"
#include "compact/inline_forks.h"
#include "compact/nodes.h"
#include "model/layer_tree.h"
#include "model/own_types.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

std::vector<Node*> attribute_reads(Graph& graph) {
  std::vector<Node*> reads;
  for_each_node(*graph.block(), [&](Node& node) {
    if (node.kind() == c10::prim::GetAttr) reads.push_back(&node);
  });
  return reads;
}

std::string joined(const std::string& owner, const std::string& name) {
  return owner.empty() ? name : owner + "." + name;
}

std::set<std::string> written_attributes(Graph& graph) {
  std::set<std::string> written;
  for_each_node(*graph.block(), [&](Node& node) {
    if (node.kind() != c10::prim::SetAttr) return;
    if (const auto owner = attribute_path(node.inputs().at(0)))
      written.insert(joined(*owner, node.s(c10::attr::name)));
  });
  return written;
}

bool is_parameter(const Module& owner, const std::string& name) {
  const auto& type = owner.type();
  return type->is_parameter(type->getAttributeSlot(name));
}

// Replaces reads of those attributes that `wanted` picks by constants, unless the model writes
// them.
class Binder {
 public:
  explicit Binder(FlatModel& flat) : flat_(flat), written_(written_attributes(*flat.graph)) {}

  using Wanted = std::function<bool(const std::string& path, const IValue& value)>;

  void bind(const Wanted& wanted) {
    for (Node* read : attribute_reads(*flat_.graph)) bind(*read, wanted);
    torch::jit::ConstantPropagation(flat_.graph);
    torch::jit::PeepholeOptimize(flat_.graph);
    torch::jit::EliminateDeadCode(flat_.graph);
    for_each_node(*flat_.graph->block(), [&](Node& node) { unfold_list(node); });
  }

 private:
  void bind(Node& read, const Wanted& wanted) {
    const auto owner_path = attribute_path(read.input());
    if (!owner_path || !read.input()->type()->is_module()) return;
    const std::string name = read.s(c10::attr::name), path = joined(*owner_path, name);
    const Module owner = find_layer(flat_.module, *owner_path);
    const IValue value = owner.attr(name);
    if (value.isModule() || written_.count(path) != 0 || !wanted(path, value)) return;
    replace(read, value, {path, is_parameter(owner, name)});
  }

  void replace(Node& read, const IValue& value, const TensorName& name) {
    const torch::jit::WithInsertPoint guard(&read);
    const auto constant = torch::jit::tryInsertConstant(
        *flat_.graph, value.isTensor() ? IValue(value.toTensor().detach()) : value);
    if (!constant) return;
    if (value.isTensor()) name_constant(**constant, name);
    read.output()->replaceAllUsesWith(*constant);
  }

  void name_constant(const Value& constant, const TensorName& name) {
    flat_.set_name(constant, name);
    names_.emplace(torch::jit::toIValue(&constant)->toTensor().unsafeGetTensorImpl(), name);
  }

  // Constant propagation turns the list of an LSTM's weights into one constant, in which the
  // tensors' names are lost: takes it apart again.
  void unfold_list(Node& node) {
    if (node.kind() != c10::prim::Constant || node.outputs().size() != 1) return;
    const auto value = torch::jit::toIValue(node.output());
    if (!value || !value->isTensorList()) return;
    const torch::jit::WithInsertPoint guard(node.next());
    std::vector<Value*> elements;
    for (const at::Tensor& tensor : value->toTensorVector()) {
      elements.push_back(flat_.graph->insertConstant(tensor));
      const auto name = names_.find(tensor.unsafeGetTensorImpl());
      if (name != names_.end()) flat_.set_name(*elements.back(), name->second);
    }
    Node* const list = flat_.graph->createList(c10::TensorType::get(), elements);
    node.output()->replaceAllUsesWith(flat_.graph->insertNode(list)->output());
  }

  FlatModel& flat_;
  std::set<std::string> written_;
  std::unordered_map<const c10::TensorImpl*, TensorName> names_;
};

// Paths of tensors that something writes in place. LibTorch's alias analysis can tell only when all
// tensors are constants: a read attribute might alias whatever a container holds. So a copy of the
// graph is bound as a trial.
std::set<std::string> changed_in_place(const FlatModel& flat) {
  FlatModel trial = flat;
  trial.graph = flat.graph->copy();
  Binder(trial).bind([](const std::string&, const IValue&) { return true; });
  const torch::jit::AliasDb aliases(trial.graph);
  std::set<std::string> changed;
  for_each_node(*trial.graph->block(), [&](const Node& node) {
    if (node.kind() != c10::prim::Constant) return;
    const TensorName* const name = trial.name_of(*node.output());
    if (name != nullptr && aliases.hasWriters(node.output())) changed.insert(name->path);
  });
  return changed;
}

// Dropout does nothing in eval mode. Its in-place form is removed too, as remove_in_place() cannot
// replace that.
void remove_dropout(Graph& graph) {
  static const std::set<std::string> names = {"aten::dropout",
                                              "aten::dropout_",
                                              "aten::feature_dropout",
                                              "aten::feature_dropout_",
                                              "aten::alpha_dropout",
                                              "aten::alpha_dropout_",
                                              "aten::feature_alpha_dropout",
                                              "aten::feature_alpha_dropout_"};
  for_each_node(*graph.block(), [](Node& node) {
    if (names.count(node.kind().toQualString()) == 0) return;
    const auto training = torch::jit::toIValue(node.inputs().at(2));
    if (!training || !training->isBool() || training->toBool()) return;
    node.output()->replaceAllUsesWith(node.inputs().at(0));
    node.destroy();
  });
}

void refuse_calls(Graph& graph) {
  for_each_node(*graph.block(), [](Node& node) {
    if (node.kind() == c10::prim::CallMethod && !node.inputs()[0]->type()->cast<c10::ClassType>())
      throw Error(ErrorKind::Model, "the model calls '" + node.s(c10::attr::name) +
                                        "' of a module through an interface; what that is cannot "
                                        "be known before it runs");
  });
}

}  // namespace

const TensorName* FlatModel::name_of(const Value& constant) const {
  const auto found = names_.find(constant.unique());
  return found == names_.end() ? nullptr : &found->second;
}

void FlatModel::set_name(const Value& constant, const TensorName& name) {
  names_.insert_or_assign(constant.unique(), name);
}

std::pair<std::string, std::string> owner_and_name(const std::string& path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

std::optional<std::string> attribute_path(const Value* value) {
  const Node* node = value->node();
  if (value == node->owningGraph()->inputs().at(0)) return "";
  if (node->kind() != c10::prim::GetAttr || !node->input()->type()->is_module())
    return std::nullopt;
  const auto owner = attribute_path(node->input());
  return owner ? std::optional(joined(*owner, node->s(c10::attr::name))) : std::nullopt;
}

FlatModel flatten(const Module& model, const std::string& method) {
  FlatModel flat;
  flat.module = clone_with_own_types(model, {});
  flat.method = method;
  flat.module.eval();
  flat.graph = torch::jit::toGraphFunction(flat.module.get_method(method).function()).graph();
  inline_calls_and_forks(*flat.graph);
  refuse_calls(*flat.graph);
  Binder binder(flat);
  binder.bind([](const std::string&, const IValue& value) { return !value.isTensor(); });
  remove_dropout(*flat.graph);
  const auto changed = changed_in_place(flat);
  binder.bind([&](const std::string& path, const IValue&) { return changed.count(path) == 0; });
  remove_in_place(flat.graph);
  torch::jit::RemoveListMutation(flat.graph);
  return flat;
}

}  // namespace actsparse
