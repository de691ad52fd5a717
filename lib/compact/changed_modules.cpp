#include "compact/changed_modules.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <map>
#include <set>

#include "compact/conflicts.h"
#include "compact/nodes.h"
#include "model/layer_tree.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

void set_tensor(const Module& model, const TensorName& name, const at::Tensor& tensor) {
  const auto [owner, leaf] = owner_and_name(name.path);
  Module module = find_layer(model, owner);
  const bool trained = module.attr(leaf).toTensor().requires_grad();
  module.setattr(leaf, tensor.detach().requires_grad_(trained));
}

std::string free_name(const Module& module, const std::string& name) {
  std::string free = name;
  for (int i = 1; module.hasattr(free); ++i) free = name + "_" + std::to_string(i);
  return free;
}

// A new tensor becomes a buffer of the module, so that it is in its state_dict and moves with it to
// another device. Where the code held the old tensor itself, as traced code does, it holds the new.
Value* make_constant(Module self, const Change& change, const Value* old, Node& before,
                     const IValue& value) {
  auto& graph = *before.owningGraph();
  const torch::jit::WithInsertPoint guard(&before);
  const bool held = old != nullptr && old->node()->kind() == c10::prim::Constant &&
                    old->type()->kind() != c10::TypeKind::NoneType;
  if (!value.isTensor() || held) return torch::jit::insertConstant(graph, value);
  const std::string name = free_name(
      self, change.kind == Change::Kind::IndexSelect ? "gathered_channels" : "removed_bias");
  self.register_buffer(name, value.toTensor());
  return graph.insertGetAttr(graph.inputs().at(0), name);
}

std::shared_ptr<torch::jit::Graph> graph_of(const torch::jit::Method& method) {
  return torch::jit::toGraphFunction(method.function()).graph();
}

bool is_read(const Module& module, const std::string& name) {
  bool found = false;
  for (const auto& method : module.get_methods())
    for_each_node(*graph_of(method)->block(), [&](const Node& node) {
      found |= node.kind() == c10::prim::GetAttr && node.s(c10::attr::name) == name &&
               node.inputs().at(0)->type() == module.type();
    });
  return found;
}

void remove_unread_masks(const Module& model) {
  std::set<const c10::ivalue::Object*> seen;
  for (Module module : model.modules()) {
    if (!seen.insert(module._ivalue().get()).second) continue;
    std::vector<std::string> masks;
    for (const auto& buffer : module.named_buffers(/*recurse=*/false))
      if (buffer.name.rfind("activation_mask", 0) == 0 && !is_read(module, buffer.name))
        masks.push_back(buffer.name);
    for (const auto& name : masks) {
      const size_t slot = module.type()->getAttributeSlot(name);
      module.type()->unsafeRemoveAttribute(name);
      module._ivalue()->unsafeRemoveSlot(slot);
    }
  }
}

}  // namespace

Module change_modules(NumberedModel& model, const FlatModel& flat, const Changes& changes) {
  std::map<size_t, const Node*> copies;  // the first of each node, whose changes are those of all
  for (const auto& [node, change] : changes) {
    if (changed_tensor(flat, *node, change) != nullptr) continue;
    const size_t number = number_of(*node).value();
    if (copies.emplace(number, node).first->second != node) continue;
    const auto& origin = model.origins.at(number);
    perform(change, *origin.node,
            [&, &made = change](const Value* old, Node& before, const IValue& value) {
              return make_constant(origin.self, made, old, before, value);
            });
  }
  for (const auto& [node, change] : changes)
    if (const auto* name = changed_tensor(flat, *node, change))
      set_tensor(model.module, *name, change.value.toTensor());
  for (const Module& module : model.module.modules())
    for (const auto& method : module.get_methods()) {
      forget_sizes(*graph_of(method));
      torch::jit::EliminateDeadCode(graph_of(method));
    }
  remove_unread_masks(model.module);
  return without_numbers(model);
}

}  // namespace actsparse
