#include "model/own_types.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <set>

#include "model/layer_tree.h"

namespace actsparse {
namespace {

using c10::ClassType;
using c10::ClassTypePtr;
using c10::IValue;
using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using ObjectPtr = c10::intrusive_ptr<c10::ivalue::Object>;

void propagate_module_types(Block& block);

// A forked or lifted subgraph sees the types of what is passed to it.
void propagate_into_subgraph(Node& node) {
  if (!node.hasAttribute(c10::attr::Subgraph)) return;
  const auto subgraph = node.g(c10::attr::Subgraph)->copy();
  const size_t shared = std::min(node.inputs().size(), subgraph->inputs().size());
  for (size_t i = 0; i < shared; ++i)
    if (node.inputs()[i]->type()->is_module())
      subgraph->inputs()[i]->setType(node.inputs()[i]->type());
  propagate_module_types(*subgraph->block());
  node.g_(c10::attr::Subgraph, subgraph);
}

// After `self` has got a new type: what GetAttr reads from it may have one too.
void propagate_module_types(Block& block) {
  for (Node* node : block.nodes()) {
    if (node->kind() == c10::prim::GetAttr) {
      if (const auto owner = node->input()->type()->cast<ClassType>()) {
        const auto& type = owner->getAttribute(node->s(c10::attr::name));
        if (type->is_module()) node->output()->setType(type);
      }
    }
    for (Block* inner : node->blocks()) propagate_module_types(*inner);
    propagate_into_subgraph(*node);
  }
}

std::shared_ptr<Graph> graph_of(torch::jit::Function& function) {
  return torch::jit::toGraphFunction(function).graph();
}

bool takes_module_of(const ClassTypePtr& type, const std::set<const ClassType*>& passed) {
  for (const auto* method : type->methods()) {
    const auto& arguments = method->getSchema().arguments();
    for (size_t i = 1; i < arguments.size(); ++i)
      if (passed.count(arguments[i].type()->castRaw<ClassType>()) != 0) return true;
  }
  return false;
}

// The tracer passes modules that layers share as arguments: the callees' graphs and schemas have to
// name the types that these have now. Each argument is settled once.
class ModuleArguments {
 public:
  explicit ModuleArguments(std::shared_ptr<torch::jit::CompilationUnit> unit)
      : unit_(std::move(unit)) {}

  void settle(const std::vector<ClassTypePtr>& types) {
    do {
      changed_ = false;
      for (const auto& type : types)
        for (auto* method : type->methods()) settle(*graph_of(*method)->block());
    } while (changed_);
  }

 private:
  void settle(Block& block) {
    for (Node* node : block.nodes()) {
      if (node->kind() == c10::prim::CallMethod) settle_call(*node);
      for (Block* inner : node->blocks()) settle(*inner);
      if (node->hasAttribute(c10::attr::Subgraph)) settle(*node->g(c10::attr::Subgraph)->block());
    }
  }

  void settle_call(const Node& call) {
    const auto callee = call.inputs().at(0)->type()->cast<ClassType>();
    auto* method = callee ? callee->findMethod(call.s(c10::attr::name)) : nullptr;
    if (method == nullptr || callee->compilation_unit() != unit_) return;
    for (size_t i = 1; i < call.inputs().size(); ++i)
      if (const auto type = call.inputs()[i]->type()->cast<ClassType>(); type && type->is_module())
        set_argument(*method, i, type);
  }

  void set_argument(torch::jit::Function& method, size_t index, const c10::TypePtr& type) {
    const auto graph = graph_of(method);
    auto* input = graph->inputs().at(index);
    if (!input->type()->cast<ClassType>() || *input->type() == *type) return;  // or an interface
    if (!settled_.insert(input).second) return;
    input->setType(type);
    auto arguments = method.getSchema().arguments();
    arguments.at(index) = arguments.at(index).cloneWithType(type);
    method.setSchema(method.getSchema().cloneWithArguments(std::move(arguments)));
    propagate_module_types(*graph->block());
    changed_ = true;
  }

  std::shared_ptr<torch::jit::CompilationUnit> unit_;
  std::set<const torch::jit::Value*> settled_;
  bool changed_ = false;
};

class Cloner {
 public:
  Cloner(const Module& model, const std::vector<std::string>& layers) {
    std::set<const c10::ivalue::Object*> wanted = {model._ivalue().get()};
    for (const auto& name : layers) wanted.insert(find_layer(model, name)._ivalue().get());
    do {
      reaches_.clear();
      reaches(model._ivalue(), wanted);
    } while (add_receivers(model, wanted));
    for (const at::Tensor& parameter : model.parameters())
      tensors_[parameter.unsafeGetTensorImpl()] = parameter;
  }

  Module clone(const Module& model) {
    const ObjectPtr copy = clone(model._ivalue());
    ModuleArguments(unit_).settle(own_types_);
    return Module(copy);
  }

 private:
  ObjectPtr clone(const ObjectPtr& object) {
    const auto known = clones_.find(object.get());
    if (known != clones_.end()) return known->second;
    std::vector<IValue> slots = clone_slots(object);
    const ClassTypePtr type =
        own_.count(object.get()) != 0 ? own_type(object->type(), slots) : object->type();
    const auto strong = own_.count(object.get()) != 0 ? unit_ : object->compilation_unit();
    auto copy = c10::ivalue::Object::create(c10::StrongTypePtr(strong, type), slots.size());
    for (size_t i = 0; i < slots.size(); ++i) copy->setSlot(i, std::move(slots[i]));
    return clones_[object.get()] = copy;
  }

  // Modules whose methods take a module of a type that becomes its own; true if there are more.
  bool add_receivers(const Module& model, std::set<const c10::ivalue::Object*>& wanted) const {
    std::set<const ClassType*> passed;
    for (const auto* object : own_) passed.insert(object->type().get());
    bool found = false;
    for (const Module& module : model.modules()) {
      const auto* object = module._ivalue().get();
      if (own_.count(object) == 0 && takes_module_of(object->type(), passed))
        found |= wanted.insert(object).second;
    }
    return found;
  }

  // Collects in own_ every module from which a wanted one can be reached, itself included.
  bool reaches(const ObjectPtr& object, const std::set<const c10::ivalue::Object*>& wanted) {
    const auto seen = reaches_.find(object.get());
    if (seen != reaches_.end()) return seen->second;
    bool found = wanted.count(object.get()) != 0;
    for (size_t i = 0; i < object->type()->numAttributes(); ++i)
      if (is_submodule(object, i)) found = reaches(object->getSlot(i).toObject(), wanted) || found;
    if (found) own_.insert(object.get());
    return reaches_[object.get()] = found;
  }

  static bool is_submodule(const ObjectPtr& object, size_t slot) {
    return object->type()->getAttribute(slot)->is_module() && object->getSlot(slot).isObject();
  }

  std::vector<IValue> clone_slots(const ObjectPtr& object) {
    std::vector<IValue> slots;
    for (size_t i = 0; i < object->type()->numAttributes(); ++i) {
      const IValue& value = object->getSlot(i);
      if (is_submodule(object, i))
        slots.emplace_back(clone(value.toObject()));
      else
        slots.push_back(object->type()->is_parameter(i) ? value : copy_attribute(value));
    }
    return slots;
  }

  // A tensor that stands under several names, in a list or dictionary too (an LSTM's parameters),
  // must stay one tensor.
  IValue copy_attribute(const IValue& value) {
    if (value.isTensor() && value.toTensor().defined()) {
      auto& known = tensors_[value.toTensor().unsafeGetTensorImpl()];
      return known.isNone() ? known = value.deepcopy() : known;
    }
    if (value.isTuple()) return copy_tuple(value);
    if (value.isList() && !value.isIntList()) return copy_list(value);
    if (value.isGenericDict()) return copy_dict(value);
    return value.deepcopy();
  }

  IValue copy_list(const IValue& value) {
    c10::impl::GenericList copies(value.type()->expectRef<c10::ListType>().getElementType());
    for (const IValue& element : value.toListRef()) copies.push_back(copy_attribute(element));
    return copies;
  }

  IValue copy_tuple(const IValue& value) {
    std::vector<IValue> copies;
    for (const IValue& element : value.toTupleRef().elements())
      copies.push_back(copy_attribute(element));
    return c10::ivalue::Tuple::createNamed(std::move(copies), value.type()->cast<c10::TupleType>());
  }

  IValue copy_dict(const IValue& value) {
    const auto dict = value.toGenericDict();
    c10::impl::GenericDict copies(dict.keyType(), dict.valueType());
    for (const auto& entry : dict) copies.insert(entry.key(), copy_attribute(entry.value()));
    return copies;
  }

  ClassTypePtr own_type(const ClassTypePtr& original, const std::vector<IValue>& slots) {
    auto type = ClassType::create(unit_->mangle(*original->name()), unit_, /*is_module=*/true);
    unit_->register_type(type);
    for (size_t i = 0; i < original->numAttributes(); ++i) {
      const bool own_module = original->getAttribute(i)->cast<ClassType>() &&
                              original->getAttribute(i)->is_module() && slots[i].isObject();
      type->addAttribute(original->getAttributeName(i),
                         own_module ? slots[i].toObject()->type() : original->getAttribute(i),
                         original->is_parameter(i), original->is_buffer(i));
    }
    for (size_t i = 0; i < original->numConstants(); ++i)
      type->addConstant(original->getConstantName(i), original->getConstant(i));
    copy_functions(original, type);
    own_types_.push_back(type);
    return type;
  }

  void copy_functions(const ClassTypePtr& original, const ClassTypePtr& type) {
    std::map<const torch::jit::Function*, torch::jit::Function*> copies;
    for (auto* method : original->methods()) {
      copies[method] = copy_function(*method, type);
      type->addMethod(copies[method]);
    }
    for (auto* hook : original->getForwardPreHooks())
      type->addForwardPreHook(copy_function(*hook, type));
    for (auto* hook : original->getForwardHooks()) type->addForwardHook(copy_function(*hook, type));
    for (const auto& property : original->properties())
      type->addProperty(property.name, copies.at(property.getter),
                        property.setter != nullptr ? copies.at(property.setter) : nullptr);
  }

  torch::jit::Function* copy_function(torch::jit::Function& function, const ClassTypePtr& type) {
    auto graph = graph_of(function)->copy();
    graph->inputs().at(0)->setType(type);
    propagate_module_types(*graph->block());
    auto* copy = unit_->create_function(c10::QualifiedName(*type->name(), function.name()), graph);
    auto arguments = function.getSchema().arguments();
    arguments.at(0) = arguments.at(0).cloneWithType(type);
    copy->setSchema(function.getSchema().cloneWithArguments(std::move(arguments)));
    return copy;
  }

  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  std::vector<ClassTypePtr> own_types_;
  std::set<const c10::ivalue::Object*> own_;
  std::map<const c10::ivalue::Object*, bool> reaches_;
  std::map<const c10::ivalue::Object*, ObjectPtr> clones_;
  std::map<const c10::TensorImpl*, IValue> tensors_;
};

}  // namespace

Module clone_with_own_types(const Module& model, const std::vector<std::string>& layers) {
  return Cloner(model, layers).clone(model);
}

}  // namespace actsparse
