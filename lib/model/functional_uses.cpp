#include "model/functional_uses.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "model/call_methods.h"
#include "model/contraction.h"
#include "model/layer_owner.h"
#include "model/layer_tree.h"

namespace actsparse {
namespace {

using c10::ivalue::Object;
using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

const std::string weight_name = "weight";

void collect_written(const Block& block, std::set<std::string>& names) {
  for (const Node* node : block.nodes()) {
    if (node->kind() == c10::prim::SetAttr) names.insert(node->s(c10::attr::name));
    for (const Block* inner : node->blocks()) collect_written(*inner, names);
  }
}

// Names of attributes that may change while the model runs.
std::set<std::string> changing_attributes(const Module& model) {
  std::set<std::string> names = {"training"};
  std::set<const c10::ClassType*> types;
  for (const Module& module : model.modules()) {
    if (!types.insert(module.type().get()).second) continue;
    for (auto* method : module.type()->methods())
      collect_written(*torch::jit::toGraphFunction(*method).graph()->block(), names);
  }
  return names;
}

bool is_known_kind(const c10::IValue& value) {
  return value.isNone() || value.isBool() || value.isInt() || value.isDouble() || value.isString();
}

const at::Tensor* tensor_attribute(const Object& object, const std::string& name) {
  const auto slot = object.type()->findAttributeSlot(name);
  if (!slot || !object.getSlot(*slot).isTensor()) return nullptr;
  const at::Tensor& tensor = object.getSlot(*slot).toTensor();
  return tensor.defined() ? &tensor : nullptr;
}

class UseWalk {
 public:
  UseWalk(const Module& model, const std::string& method) : changing_(changing_attributes(model)) {
    for (const auto& layer : list_layers(model))
      names_.emplace(layer.module._ivalue().get(), layer.name);
    walk_method(model._ivalue(), method, {KnownModule{model._ivalue(), AttributePath{}}});
    mark_shared();
  }

  std::vector<FunctionalUse> uses() && {
    std::vector<FunctionalUse> kept;
    for (auto& use : uses_)
      if (use.parameter != weight_name || called_.count(use.owner.get()) == 0)
        kept.push_back(std::move(use));
    return kept;
  }

 private:
  struct Frame {
    ObjectPtr self;
    std::string method;
    std::vector<Node*> calls = {};  // of functions
    bool is_forked = false;
  };
  using Outputs = std::vector<Known>;

  // What a callee sees of an argument: paths begin anew.
  static Known as_argument(const Known& value, size_t place) {
    if (const auto* module = std::get_if<KnownModule>(&value))
      return KnownModule{module->object, AttributePath{place, {}}};
    return without_path(value);
  }

  static Known without_path(const Known& value) {
    if (const auto* module = std::get_if<KnownModule>(&value))
      return KnownModule{module->object, std::nullopt};
    if (const auto* weight = std::get_if<KnownWeight>(&value))
      return KnownWeight{weight->owner, weight->name, std::nullopt, weight->form};
    return value;
  }

  static std::string key_of(const Known& value) {
    const auto address = [](const ObjectPtr& object) {
      return std::to_string(reinterpret_cast<uintptr_t>(object.get()));
    };
    if (const auto* module = std::get_if<KnownModule>(&value)) return address(module->object);
    if (const auto* weight = std::get_if<KnownWeight>(&value))
      return address(weight->owner) + weight->name + std::to_string(static_cast<int>(weight->form));
    const auto* constant = constant_of(value);
    if (constant == nullptr) return "?";
    if (constant->isNone()) return "None";
    return constant->isString() ? "'" + constant->toStringRef() + "'"
                                : std::to_string(constant->toScalar().toDouble());
  }

  Outputs walk_method(const ObjectPtr& self, const std::string& name, const Outputs& arguments) {
    if (is_call_method(name)) called_.insert(self.get());
    std::string key = key_of(KnownModule{self, std::nullopt}) + "." + name;
    for (const auto& argument : arguments) key += "," + key_of(argument);
    const auto known = methods_.find(key);
    if (known != methods_.end()) return known->second;
    methods_[key] = {};
    auto* function = self->type()->findMethod(name);
    if (function == nullptr) return {};
    active_.push_back({self, name});
    Outputs outputs =
        walk_graph(*torch::jit::toGraphFunction(*function).graph(), arguments, Frame{self, name});
    active_.pop_back();
    for (auto& output : outputs) output = without_path(output);
    return methods_[key] = outputs;
  }

  Outputs walk_graph(Graph& graph, const Outputs& arguments, const Frame& frame) {
    KnownValues values;
    for (size_t i = 0; i < arguments.size() && i < graph.inputs().size(); ++i)
      values[graph.inputs()[i]] = arguments[i];
    return walk_block(*graph.block(), values, frame);
  }

  Outputs walk_block(Block& block, KnownValues& values, const Frame& frame) {
    for (Node* node : block.nodes()) walk_node(*node, values, frame);
    Outputs outputs;
    for (const Value* output : block.outputs()) outputs.push_back(values[output]);
    return outputs;
  }

  void walk_node(Node& node, KnownValues& values, const Frame& frame) {
    if (node.kind() == c10::prim::Constant) return read_constant(node, values);
    if (node.kind() == c10::prim::Uninitialized) return set(node, {Unset{}}, values);
    if (node.kind() == c10::prim::GetAttr) return read_attribute(node, values);
    if (node.kind() == c10::prim::CallMethod) return call_method(node, values);
    if (node.kind() == c10::prim::CallFunction) return call_function(node, values, frame);
    if (node.kind() == c10::prim::If) return branch(node, values, frame);
    if (const auto view = weight_view(node, values))
      for (const Value* output : node.outputs()) values[output] = *view;
    if (const auto condition = known_condition(node, values))
      values[node.output()] = c10::IValue(*condition);
    note_contraction(node, values, frame);
    for (Block* inner : node.blocks()) walk_block(*inner, values, frame);
    if (node.hasAttribute(c10::attr::Subgraph)) walk_forked(node, values, frame);
  }

  static void set(const Node& node, const Outputs& outputs, KnownValues& values) {
    for (size_t i = 0; i < outputs.size() && i < node.outputs().size(); ++i)
      values[node.outputs()[i]] = outputs[i];
  }

  static void read_constant(const Node& node, KnownValues& values) {
    const auto value = torch::jit::toIValue(node.output());
    if (value && is_known_kind(*value)) values[node.output()] = *value;
  }

  void read_attribute(const Node& node, KnownValues& values) {
    const auto* owner = std::get_if<KnownModule>(&values[node.input()]);
    if (owner == nullptr) return;
    const std::string& name = node.s(c10::attr::name);
    const auto slot = owner->object->type()->findAttributeSlot(name);
    if (!slot) return;
    const c10::IValue& value = owner->object->getSlot(*slot);
    if (value.isModule())
      values[node.output()] = KnownModule{
          value.toObject(), owner->path ? std::optional(owner->path->then(name)) : std::nullopt};
    else if (value.isTensor() && owner->object->type()->is_parameter(*slot) &&
             value.toTensor().defined() && value.toTensor().dim() >= 2)
      values[node.output()] = KnownWeight{owner->object, name, owner->path};
    else if (is_known_kind(value) && changing_.count(name) == 0)
      values[node.output()] = value;
  }

  void call_method(Node& node, KnownValues& values) {
    const auto* callee = std::get_if<KnownModule>(&values[node.input(0)]);
    if (callee == nullptr) return;
    Outputs arguments;
    for (size_t i = 0; i < node.inputs().size(); ++i)
      arguments.push_back(as_argument(values[node.input(i)], i));
    set(node, walk_method(callee->object, node.s(c10::attr::name), arguments), values);
  }

  void call_function(Node& node, KnownValues& values, Frame frame) {
    auto* function = node.input(0)->type()->expectRef<c10::FunctionType>().function();
    auto* callee = torch::jit::tryToGraphFunction(*function);
    if (callee == nullptr) return;
    callee->ensure_defined();
    Outputs arguments;
    for (size_t i = 1; i < node.inputs().size(); ++i) arguments.push_back(values[node.input(i)]);
    frame.calls.push_back(&node);
    set(node, walk_graph(*callee->graph(), arguments, frame), values);
  }

  void branch(Node& node, KnownValues& values, const Frame& frame) {
    const auto* condition = constant_of(values[node.input()]);
    if (condition != nullptr && condition->isBool())
      return set(node, walk_block(*node.blocks().at(condition->toBool() ? 0 : 1), values, frame),
                 values);
    const Outputs yes = walk_block(*node.blocks().at(0), values, frame),
                  no = walk_block(*node.blocks().at(1), values, frame);
    for (size_t i = 0; i < yes.size(); ++i) values[node.outputs()[i]] = joined(yes[i], no[i]);
  }

  void walk_forked(Node& node, KnownValues& values, Frame frame) {
    Outputs arguments;
    for (const Value* input : node.inputs()) arguments.push_back(values[input]);
    frame.is_forked = true;
    walk_graph(*node.g(c10::attr::Subgraph), arguments, frame);
  }

  // Inside the forward of a layer whose `weight` it is: then that call is the use.
  bool is_own_call(const KnownWeight& weight) const {
    if (weight.name != weight_name) return false;
    const at::Tensor* const tensor = tensor_attribute(*weight.owner, weight_name);
    return std::any_of(active_.begin(), active_.end(), [&](const auto& frame) {
      const at::Tensor* const own = tensor_attribute(*frame.first, weight_name);
      return is_call_method(frame.second) && own != nullptr && own->is_same(*tensor);
    });
  }

  // A product of two parameters is nobody's call; a layer may be handed a parameter.
  void note_contraction(Node& node, KnownValues& values, const Frame& frame) {
    const auto orders = contractions(node);
    const bool is_ambiguous = std::all_of(orders.begin(), orders.end(), [&](const auto& operands) {
      return std::holds_alternative<KnownWeight>(values[node.input(operands.weight)]);
    });
    if (orders.size() > 1 && is_ambiguous) return;
    for (const auto& operands : orders) note(node, operands, values, frame);
  }

  void note(Node& node, const Contraction& operands, KnownValues& values, const Frame& frame) {
    const auto* weight = std::get_if<KnownWeight>(&values[node.input(operands.weight)]);
    if (weight == nullptr || is_own_call(*weight)) return;
    FunctionalUse use;
    use.owner = weight->owner;
    use.owner_name = names_.at(weight->owner.get());
    use.parameter = weight->name;
    use.layer = name_of(*weight);
    use.type = layer_type_of(node) + " (functional)";
    use.reader = names_.at(frame.self.get());
    use.method = frame.method;
    use.calls = frame.calls;
    use.node = &node;
    use.input = operands.input;
    use.channel_dim = operands.channel_dim;
    use.form = operands.outputs_first ? weight->form : opposite(weight->form);
    use.owner_path = weight->path.value_or(AttributePath{});
    use.obstacle = obstacle(*weight, use, frame);
    add(std::move(use));
  }

  static WeightForm opposite(WeightForm form) {
    if (form == WeightForm::Other) return form;
    return form == WeightForm::AsIs ? WeightForm::Transposed : WeightForm::AsIs;
  }

  std::string name_of(const KnownWeight& weight) const {
    const std::string& owner = names_.at(weight.owner.get());
    if (weight.name == weight_name) return owner;
    return (owner.empty() ? "" : owner + ".") + use_named(*weight.owner, weight.name);
  }

  static std::string obstacle(const KnownWeight& weight, const FunctionalUse& use,
                              const Frame& frame) {
    if (frame.is_forked) return use.place() + " reads its weight in a forked part";
    if (!weight.path)
      return use.place() + " is given its weight as an argument of '" + use.method + "'";
    return "";
  }

  // The same code is met again when a module is called with other arguments.
  void add(FunctionalUse use) {
    for (const auto& known : uses_)
      if (known.node == use.node && known.calls == use.calls && known.reader == use.reader &&
          known.layer == use.layer)
        return;
    uses_.push_back(std::move(use));
  }

  // One operator that is handed the weights of several layers in turn.
  void mark_shared() {
    std::map<std::tuple<std::string, std::vector<Node*>, Node*>, std::set<std::string>> layers;
    for (const auto& use : uses_) layers[{use.reader, use.calls, use.node}].insert(use.layer);
    for (auto& use : uses_)
      if (layers[{use.reader, use.calls, use.node}].size() > 1 && use.obstacle.empty())
        use.obstacle = use.place() + " reads the weights of other layers, too";
  }

  std::set<std::string> changing_;
  std::map<const Object*, std::string> names_;
  std::set<const Object*> called_;
  std::map<std::string, Outputs> methods_;  // those that were read, by callee and arguments
  std::vector<std::pair<ObjectPtr, std::string>> active_;
  std::vector<FunctionalUse> uses_;
};

}  // namespace

std::string FunctionalUse::place() const {
  return std::string(node->kind().toQualString()) + " in " +
         (reader.empty() ? "the root" : "'" + reader + "'");
}

std::vector<FunctionalUse> functional_uses(const Module& model, const std::string& method) {
  return UseWalk(model, method).uses();
}

}  // namespace actsparse
