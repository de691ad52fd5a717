#include "compact/changed_modules.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <map>
#include <set>

#include "compact/conflicts.h"
#include "compact/nodes.h"
#include "compact/tensor_memory.h"
#include "model/layer_tree.h"
#include "model/mask_names.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// The tensors that `changes` replace: the new ones, by the places of the old ones and their names.
std::map<TensorPlace, std::map<std::string, at::Tensor>> new_tensors(const Module& model,
                                                                     const FlatModel& flat,
                                                                     const Changes& changes) {
  std::map<TensorPlace, std::map<std::string, at::Tensor>> made;
  for (const auto& [node, change] : changes)
    for (const auto& [name, tensor] : changed_tensors(flat, *node, change))
      made[place_of(tensor_at(model, name.path))][name.path] = tensor;
  return made;
}

at::Tensor like(const at::Tensor& before, const at::Tensor& tensor) {
  return tensor.detach().requires_grad_(before.requires_grad());
}

// What was one tensor under several names stays one, and one object, if all that is read of it
// changes alike.
void set_tensors(const Module& model, const FlatModel& flat, const Changes& changes) {
  const PinnedNodes split = split_tensors(flat, changes);
  std::set<std::string> apart;
  for (const auto& [node, change] : changes)
    if (split.count(node) != 0)
      for (const auto& [name, tensor] : changed_tensors(flat, *node, change))
        apart.insert(name.path);
  std::map<TensorPlace, at::Tensor> everywhere;
  for (const auto& [place, named] : new_tensors(model, flat, changes))
    for (const auto& [path, tensor] : named) {
      const at::Tensor made = like(tensor_at(model, path), tensor);
      const auto [owner, name] = owner_and_name(path);
      if (apart.count(path) == 0)
        everywhere.emplace(place, made);
      else
        find_layer(model, owner).setattr(name, made);
    }
  replace_tensors(model, everywhere);
}

std::string free_name(const Module& module, const std::string& name) {
  std::string free = name;
  for (int i = 1; module.hasattr(free); ++i) free = name + "_" + std::to_string(i);
  return free;
}

// What a new tensor becomes in its module.
TensorName new_name(const FlatModel& flat, const Change& change, const at::Tensor& tensor) {
  if (change.kind == Change::Kind::IndexSelect) return {"gathered_channels", false};
  const auto name = flat.computations->own_name(tensor);
  if (!name) return {change.name, false};
  return {owner_and_name(name->path).second, name->is_parameter};
}

// A new tensor becomes one of the module's, so that it is in its state_dict and moves with it to
// another device. Where the code held the old tensor itself, as traced code does, it holds the new.
Value* make_constant(Module self, const FlatModel& flat, const Change& change, const Value* old,
                     Node& before, const IValue& value) {
  auto& graph = *before.owningGraph();
  const torch::jit::WithInsertPoint guard(&before);
  const bool held = old != nullptr && old->node()->kind() == c10::prim::Constant &&
                    old->type()->kind() != c10::TypeKind::NoneType;
  if (!value.isTensor() || held) return torch::jit::insertConstant(graph, value);
  const TensorName name = new_name(flat, change, value.toTensor());
  const std::string free = free_name(self, name.path);
  self.register_parameter(free, value.toTensor(), !name.is_parameter);
  return graph.insertGetAttr(graph.inputs().at(0), free);
}

std::shared_ptr<torch::jit::Graph> graph_of(const torch::jit::Method& method) {
  return torch::jit::toGraphFunction(method.function()).graph();
}

// The attributes that any code reads: type of the module, name.
using AttributeReads = std::set<std::pair<std::string, std::string>>;

std::string type_name(const c10::TypePtr& type) {
  const auto module = type->cast<c10::ClassType>();
  return module && module->name() ? module->name()->qualifiedName() : "";
}

AttributeReads attributes_read(const Module& model) {
  AttributeReads reads;
  for (const Module& module : model.modules())
    for (const auto& method : module.get_methods())
      for_each_node(*graph_of(method)->block(), [&](const Node& node) {
        if (node.kind() == c10::prim::GetAttr)
          reads.emplace(type_name(node.inputs().at(0)->type()), node.s(c10::attr::name));
      });
  return reads;
}

void remove_if_unread(const Module& module, const std::string& name, const AttributeReads& reads) {
  if (!module.hasattr(name) || reads.count({type_name(module.type()), name}) != 0) return;
  const size_t slot = module.type()->getAttributeSlot(name);
  module.type()->unsafeRemoveAttribute(name);
  module._ivalue()->unsafeRemoveSlot(slot);
}

void remove_unread_masks(const Module& model, const AttributeReads& reads) {
  for (const Module& module : model.modules()) {
    std::vector<std::string> masks;
    for (const auto& buffer : module.named_buffers(/*recurse=*/false))
      if (is_mask_name(buffer.name)) masks.push_back(buffer.name);
    for (const auto& name : masks) remove_if_unread(module, name, reads);
  }
}

// What the tensors were computed from that stand in the code now.
void remove_unread_sources(const Module& model, const FlatModel& flat, const Changes& changes,
                           const AttributeReads& reads) {
  for (const auto& [node, change] : changes) {
    if (!change.value.isTensor() || !flat.computations->own_name(change.value.toTensor())) continue;
    for (const auto& source : flat.computations->former_sources(change.value.toTensor())) {
      const auto [owner, name] = owner_and_name(source.path);
      remove_if_unread(find_layer(model, owner), name, reads);
    }
  }
}

}  // namespace

Module change_modules(NumberedModel& model, const FlatModel& flat, const Changes& changes) {
  std::map<size_t, const Node*> copies;  // the first of each node, whose changes are those of all
  for (const auto& [node, change] : changes) {
    if (!changed_tensors(flat, *node, change).empty()) continue;
    const size_t number = number_of(*node).value();
    if (copies.emplace(number, node).first->second != node) continue;
    const auto& origin = model.origins.at(number);
    perform(change, *origin.node,
            [&, &made = change](const Value* old, Node& before, const IValue& value) {
              return make_constant(origin.self, flat, made, old, before, value);
            });
  }
  set_tensors(model.module, flat, changes);
  for (const Module& module : model.module.modules())
    for (const auto& method : module.get_methods()) {
      forget_sizes(*graph_of(method));
      torch::jit::EliminateDeadCode(graph_of(method));
    }
  const AttributeReads reads = attributes_read(model.module);
  remove_unread_masks(model.module, reads);
  remove_unread_sources(model.module, flat, changes, reads);
  return without_numbers(model);
}

}  // namespace actsparse
