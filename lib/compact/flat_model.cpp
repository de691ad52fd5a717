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
#include "compact/tensor_memory.h"
#include "model/layer_tree.h"
#include "model/mask_names.h"
#include "model/own_types.h"
#include "model/slow_path.h"

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

bool has_tensors(const IValue& value) {
  bool found = false;
  if (!value.isObject()) for_each_tensor(value, [&](const at::Tensor&) { found = true; });
  return found;
}

// Replaces reads of those attributes that `wanted` picks by constants, unless the model writes
// them.
class Binder {
 public:
  explicit Binder(FlatModel& flat) : flat_(flat), written_(written_attributes(*flat.graph)) {
    for (const auto& named : flat.module.named_parameters())
      names_.emplace(place_of(named.value), TensorName{named.name, true});
    for (const auto& named : flat.module.named_buffers())
      names_.emplace(place_of(named.value), TensorName{named.name, false});
  }

  using Wanted = std::function<bool(const std::string& path, const IValue& value)>;

  void bind(const Wanted& wanted) {
    bind_attributes(wanted);
    name_constants();
    flat_.computations->fold(flat_.graph, [&](const Value& value) { return flat_.name_of(value); });
    torch::jit::ConstantPropagation(flat_.graph);
    torch::jit::PeepholeOptimize(flat_.graph);
    torch::jit::EliminateDeadCode(flat_.graph);
    for_each_node(*flat_.graph->block(), [&](Node& node) { unfold(node); });
    name_constants();
  }

 private:
  void bind_attributes(const Wanted& wanted) {
    const torch::jit::AliasDb aliases(flat_.graph);
    for (Node* read : attribute_reads(*flat_.graph)) {
      const auto owner_path = attribute_path(read->input());
      if (!owner_path || !read->input()->type()->is_module()) continue;
      const std::string name = read->s(c10::attr::name), path = joined(*owner_path, name);
      const Module owner = find_layer(flat_.module, *owner_path);
      const IValue value = owner.attr(name);
      const bool changes =
          (value.isList() || value.isGenericDict()) && aliases.hasWriters(read->output());
      if (value.isModule() || changes || written_.count(path) != 0 || !wanted(path, value))
        continue;
      const torch::jit::WithInsertPoint guard(read);
      Value* const constant = insert(value);
      if (constant == nullptr) continue;
      if (value.isTensor()) flat_.set_name(*constant, {path, is_parameter(owner, name)});
      read->output()->replaceAllUsesWith(constant);
    }
  }

  // Null for what cannot be a constant. Lists and tuples of tensors, as of an LSTM's weights, are
  // built of constants: in one constant the tensors would have no names.
  Value* insert(const IValue& value) {
    if (!value.isTensor() && has_tensors(value)) {
      if (value.isList()) return insert_list(value);
      if (value.isTuple()) return insert_tuple(value);
    }
    const bool is_tensor = value.isTensor() && value.toTensor().defined();
    const auto constant = torch::jit::tryInsertConstant(
        *flat_.graph, is_tensor ? IValue(value.toTensor().detach()) : value);
    return constant ? *constant : nullptr;
  }

  Value* insert_list(const IValue& value) {
    const auto elements = insert_all(value.toListRef());
    if (!elements) return nullptr;
    const auto type = value.type()->expectRef<c10::ListType>().getElementType();
    return flat_.graph->insertNode(flat_.graph->createList(type, *elements))->output();
  }

  Value* insert_tuple(const IValue& value) {
    const auto elements = insert_all(value.toTupleRef().elements());
    if (!elements) return nullptr;
    const auto type = value.type()->cast<c10::TupleType>();
    Node* const tuple = flat_.graph->createTuple(*elements, type->schema() ? type : nullptr);
    return flat_.graph->insertNode(tuple)->output();
  }

  std::optional<std::vector<Value*>> insert_all(c10::ArrayRef<IValue> values) {
    std::vector<Value*> inserted;
    for (const IValue& value : values) {
      inserted.push_back(insert(value));
      if (inserted.back() == nullptr) return std::nullopt;
    }
    return inserted;
  }

  // Constant propagation makes one constant of a list again: takes it apart.
  void unfold(Node& node) {
    if (node.kind() != c10::prim::Constant || node.outputs().size() != 1) return;
    const auto value = torch::jit::toIValue(node.output());
    if (!value || value->isTensor() || !has_tensors(*value)) return;
    const torch::jit::WithInsertPoint guard(node.next());
    if (Value* const made = insert(*value)) node.output()->replaceAllUsesWith(made);
  }

  // Those that are a parameter or buffer of the model, however the graph came by it.
  void name_constants() {
    for_each_node(*flat_.graph->block(), [&](const Node& node) {
      if (node.kind() != c10::prim::Constant || node.outputs().size() != 1 ||
          flat_.name_of(*node.output()) != nullptr)
        return;
      const auto value = torch::jit::toIValue(node.output());
      if (!value || !value->isTensor() || !value->toTensor().defined()) return;
      const auto name = names_.find(place_of(value->toTensor()));
      if (name != names_.end()) flat_.set_name(*node.output(), name->second);
    });
  }

  FlatModel& flat_;
  std::set<std::string> written_;
  std::map<TensorPlace, TensorName> names_;
};

// Paths of tensors that something writes in place. LibTorch's alias analysis can tell only when all
// tensors are constants: a read attribute might alias whatever a container holds. So a copy of the
// graph is bound as a trial.
std::set<std::string> changed_in_place(const FlatModel& flat) {
  FlatModel trial = flat;
  trial.graph = flat.graph->copy();
  trial.computations = std::make_shared<Computations>();
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

bool is_idle(const Node& dropout) {
  const auto share = torch::jit::toIValue(dropout.inputs().at(1));
  const auto training = torch::jit::toIValue(dropout.inputs().at(2));
  return (training && training->isBool() && !training->toBool()) ||
         (share && share->isDouble() && share->toDouble() == 0);
}

// Dropout does nothing in eval mode, nor with a share of 0 (Swin leaves it in training). Its
// in-place form is removed too, as remove_in_place() cannot replace that.
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
    if (!is_idle(node)) return;
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

bool is_mask(const FlatModel& model, const Value* constant) {
  const TensorName* const name = model.name_of(*constant);
  return name != nullptr && is_mask_name(owner_and_name(name->path).second);
}

at::Tensor tensor_at(const Module& model, const std::string& path) {
  const auto [owner, name] = owner_and_name(path);
  return find_layer(model, owner).attr(name).toTensor();
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
  flat.module = has_fast_path(model) ? slow_clone(model) : clone_with_own_types(model, {});
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
