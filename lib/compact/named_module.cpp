#include "compact/named_module.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_pooling.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <map>

#include "compact/nodes.h"
#include "compact/tensor_memory.h"
#include "model/layer_tree.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

bool is_tensor_constant(const Node& node) {
  if (node.kind() != c10::prim::Constant || node.outputs().size() != 1) return false;
  const auto value = torch::jit::toIValue(node.output());
  return value && value->isTensor() && value->toTensor().defined();
}

// Puts computations back at the graph's start, in place of their results.
class Again {
 public:
  explicit Again(FlatModel& model)
      : model_(model), first_(*model.graph->block()->nodes().begin()) {}

  void run() {
    std::vector<Node*> constants;
    for_each_node(*model_.graph->block(), [&](Node& node) {
      if (is_tensor_constant(node) && model_.name_of(*node.output()) == nullptr)
        constants.push_back(&node);
    });
    for (Node* constant : constants) run(*constant->output());
    for (Node* constant : constants)
      if (!constant->hasUses()) constant->destroy();
  }

 private:
  void run(Value& constant) {
    const at::Tensor result = torch::jit::toIValue(&constant)->toTensor();
    const auto& computations = *model_.computations;
    if (Value* const made = computations.of(result)) {
      constant.replaceAllUsesWith(copy(*made));
    } else if (const auto sources = computations.sources_of(result); !sources.empty()) {
      changed_.clear();
      for (const auto& [name, tensor] : sources) changed_[name.path] = tensor;
      constant.replaceAllUsesWith(changed(*computations.replacement(result)->computation));
    } else if (const auto name = computations.own_name(result)) {
      model_.set_name(constant, *name);
    }
  }

  // The computation with other tensors at its start.
  Value* changed(Value& computation) {
    Node* const made = model_.graph->createClone(computation.node(), [&](Value* input) {
      const auto* const name = model_.computations->name_of(*input);
      if (name == nullptr) return copy(*input);
      const torch::jit::WithInsertPoint guard(first_);
      Value* const start = model_.graph->insertConstant(changed_.at(name->path));
      model_.set_name(*start, *name);
      return start;
    });
    return made->insertBefore(first_)->outputs()[computation.offset()];
  }

  Value* copy(Value& value) {
    if (const auto known = copies_.find(&value); known != copies_.end()) return known->second;
    Node& node = *value.node();
    Node* const made = model_.graph->createClone(&node, [&](Value* input) { return copy(*input); });
    made->insertBefore(first_);
    for (size_t i = 0; i < node.outputs().size(); ++i)
      copies_[node.outputs()[i]] = made->outputs()[i];
    if (const auto* name = model_.computations->name_of(value))
      model_.set_name(*made->output(), *name);
    return copies_.at(&value);
  }

  FlatModel& model_;
  Node* first_;
  std::map<std::string, at::Tensor> changed_;
  std::map<const Value*, Value*> copies_;
};

class Builder {
 public:
  explicit Builder(FlatModel& model) : model_(model) {
    modules_.emplace("", new_module(model.module.type()->name()->qualifiedName()));
    modules_.at("").register_attribute("training", c10::BoolType::get(), false);
    for (const auto& named : model.module.named_parameters())
      names_.emplace(place_of(named.value), TensorName{named.name, true});
    for (const auto& named : model.module.named_buffers())
      names_.emplace(place_of(named.value), TensorName{named.name, false});
  }

  Module build() {
    Again(model_).run();
    std::vector<Node*> nodes;
    for_each_node(*model_.graph->block(), [&](Node& node) { nodes.push_back(&node); });
    for (Node* node : nodes) {
      if (is_tensor_constant(*node)) constants_.push_back(node);
      if (node->kind() == c10::prim::GetAttr) keep_attribute(*node);
    }
    for (Node* node : constants_) places_[node] = register_tensor(*node);
    attach_submodules();
    set_types(nodes);
    for (Node* node : constants_) read_attribute(*node, places_.at(node));
    torch::jit::EliminateDeadCode(model_.graph);
    torch::jit::ConstantPooling(model_.graph);
    return with_method();
  }

 private:
  Module new_module(const std::string& type) const {
    return Module(c10::QualifiedName(type), unit_, true);
  }

  Module& module_at(const std::string& path) {
    const auto found = modules_.find(path);
    if (found != modules_.end()) return found->second;
    module_at(owner_and_name(path).first);
    return modules_.emplace(path, new_module("__torch__.Parameters")).first->second;
  }

  // False for the name of what was computed.
  bool has_tensor(const TensorName& name) const {
    const auto [owner, leaf] = owner_and_name(name.path);
    const Module module = find_layer(model_.module, owner);
    return module.hasattr(leaf) && module.attr(leaf).isTensor();
  }

  // What was one tensor under several names is one again if it was changed alike under each.
  at::Tensor rejoined(const TensorName& name, const at::Tensor& tensor) {
    if (!has_tensor(name)) return tensor;
    auto& known = registered_[place_of(tensor_at(model_.module, name.path))];
    for (const at::Tensor& other : known)
      if (is_same(other, tensor)) return other;
    known.push_back(tensor);
    return tensor;
  }

  // The first free of "name", "name_1", ...; equal tensors of one name are registered once.
  std::string register_tensor(const Node& constant) {
    const TensorName* const known = model_.name_of(*constant.output());
    const TensorName name = known == nullptr ? TensorName{"constant", false} : *known;
    at::Tensor tensor = torch::jit::toIValue(constant.output())->toTensor();
    if (known != nullptr) tensor = rejoined(name, tensor);
    const auto [owner, leaf] = owner_and_name(name.path);
    Module& module = module_at(owner);
    std::string free = leaf;
    for (int i = 1; module.hasattr(free); ++i) {
      const IValue other = module.attr(free);
      if (other.isTensor() && is_same(other.toTensor(), tensor)) break;
      free = leaf + "_" + std::to_string(i);
    }
    if (!module.hasattr(free)) module.register_parameter(free, tensor, !name.is_parameter);
    return owner.empty() ? free : owner + "." + free;
  }

  void keep_attribute(const Node& read) {
    const auto path = attribute_path(read.output());
    if (!path || read.output()->type()->is_module()) return;
    const auto [owner, name] = owner_and_name(*path);
    const Module from = find_layer(model_.module, owner);
    Module& to = module_at(owner);
    if (to.hasattr(name)) return;
    const size_t slot = from.type()->getAttributeSlot(name);
    if (from.type()->is_parameter(slot) || from.type()->is_buffer(slot))
      to.register_parameter(name, from.attr(name).toTensor(), from.type()->is_buffer(slot));
    else
      to.register_attribute(name, from.type()->getAttribute(slot), from.attr(name));
    for_each_tensor(from.attr(name), [&](const at::Tensor& tensor) { keep_name(tensor); });
  }

  // A parameter that a list or dictionary holds is one of its module too, and the same tensor: so
  // it is in the state_dict, and what moves the one moves the other.
  void keep_name(const at::Tensor& tensor) {
    const auto name = names_.find(place_of(tensor));
    if (name == names_.end()) return;
    const auto [owner, leaf] = owner_and_name(name->second.path);
    Module& module = module_at(owner);
    if (!module.hasattr(leaf)) module.register_parameter(leaf, tensor, !name->second.is_parameter);
  }

  // Deepest first: a module's type is final when its parent takes it.
  void attach_submodules() {
    for (auto it = modules_.rbegin(); it != modules_.rend(); ++it) {
      if (it->first.empty()) continue;
      const auto [owner, name] = owner_and_name(it->first);
      modules_.at(owner).register_module(name, it->second);
    }
  }

  void set_types(const std::vector<Node*>& nodes) {
    model_.graph->inputs().at(0)->setType(modules_.at("").type());
    for (Node* node : nodes) {
      if (node->kind() != c10::prim::GetAttr || !node->output()->type()->is_module()) continue;
      const auto path = attribute_path(node->output());
      if (path && modules_.count(*path) != 0) node->output()->setType(modules_.at(*path).type());
    }
  }

  // The module at `path`, read once at the graph's start.
  Value* read_module(const std::string& path) {
    if (path.empty()) return model_.graph->inputs().at(0);
    const auto found = reads_.find(path);
    if (found != reads_.end()) return found->second;
    const auto [owner, name] = owner_and_name(path);
    Value* const from = read_module(owner);
    return reads_[path] = insert_read(from, name);
  }

  Value* insert_read(Value* from, const std::string& name) {
    auto& graph = *model_.graph;
    Node* const read = graph.createGetAttr(from, name);
    if (last_read_ == nullptr)
      graph.block()->prependNode(read);
    else
      read->insertAfter(last_read_);
    return (last_read_ = read)->output();
  }

  void read_attribute(Node& constant, const std::string& place) {
    const auto [owner, name] = owner_and_name(place);
    constant.output()->replaceAllUsesWith(insert_read(read_module(owner), name));
  }

  Module with_method() {
    Module& root = modules_.at("");
    auto& old = model_.module.get_method(model_.method).function();
    auto* method = unit_->create_function(c10::QualifiedName(*root.type()->name(), model_.method),
                                          model_.graph);
    auto arguments = old.getSchema().arguments();
    arguments.at(0) = arguments.at(0).cloneWithType(root.type());
    method->setSchema(old.getSchema().cloneWithArguments(std::move(arguments)));
    root.type()->addMethod(method);
    return root;
  }

  FlatModel& model_;
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  std::map<std::string, Module> modules_;  // by path; parents come before their children
  std::vector<Node*> constants_;
  std::map<TensorPlace, TensorName> names_;  // of all that the model has
  std::map<const Node*, std::string> places_;
  std::map<TensorPlace, std::vector<at::Tensor>> registered_;  // by where the tensor was
  std::map<std::string, Value*> reads_;
  Node* last_read_ = nullptr;
};

}  // namespace

Module named_module(FlatModel& model) { return Builder(model).build(); }

}  // namespace actsparse
