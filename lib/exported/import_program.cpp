#include "exported/import_program.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <unordered_map>

#include "base/error.h"
#include "exported/emit_node.h"
#include "exported/fuse_linear.h"
#include "exported/module_tree.h"
#include "exported/read_program.h"
#include "exported/splice_regions.h"
#include "exported/structure.h"

namespace actsparse::exported {
namespace {

using torch::jit::Value;

c10::TypePtr type_of(Argument::Type type) {
  switch (type) {
    case Argument::Type::Tensor:
      return c10::TensorType::get();
    case Argument::Type::Int:
      return c10::IntType::get();
    case Argument::Type::Float:
      return c10::FloatType::get();
    case Argument::Type::Bool:
      return c10::BoolType::get();
  }
  throw std::logic_error("a type of values without a case");
}

class Importer {
 public:
  explicit Importer(const Archive& archive)
      : program_(prepared(archive)),
        calls_(call_tree(program_.graph.nodes, program_.modules)),
        modules_(program_, archive, calls_.root) {
    find_uses();
  }

  Imported import() {
    emit_root();
    std::vector<std::string> warnings;
    for (const auto& fqn : calls_.inlined)
      warnings.push_back("a call of '" + fqn +
                         "' cannot be told from the work of its caller in the export: it is not "
                         "observed");
    return {modules_.module(""), warnings};
  }

 private:
  static Program prepared(const Archive& archive) {
    Program program = read_program(archive.program);
    splice_regions(program.graph);
    if (!writes(program.graph)) fuse_linear(program);
    return program;
  }

  // A method under construction.
  struct Method {
    std::string fqn;
    std::shared_ptr<torch::jit::Graph> graph = std::make_shared<torch::jit::Graph>();
    Value* self = nullptr;
    std::unordered_map<std::string, Value*> values = {};
  };

  void find_uses() {
    const auto& nodes = program_.graph.nodes;
    writes_ = writes(program_.graph);
    for (size_t i = 0; i < nodes.size(); ++i) {
      for (const auto* read : values_read(nodes[i])) last_use_[read->name] = i;
      for (const auto* made : values_made(nodes[i])) made_[made->name] = last_use_[made->name] = i;
    }
    for (const auto& output : program_.graph.outputs)
      if (output.is_value()) last_use_[output.name] = nodes.size();
  }

  Method begin_method(const std::string& fqn) {
    Method method;
    method.fqn = fqn;
    method.self = method.graph->addInput("self");
    method.self->setType(modules_.module(fqn).type());
    return method;
  }

  Value* add_input(Method& method, const std::string& name, const c10::TypePtr& type) {
    Value* input = method.graph->addInput(name);
    input->setType(type);
    return input;
  }

  // Parameters and constants are reached from the method itself.
  Value* value_in(Method& method, const std::string& name) {
    if (const auto found = method.values.find(name); found != method.values.end())
      return found->second;
    Value* value = nullptr;
    if (const at::Tensor constant = modules_.constant(name); constant.defined())
      value = method.graph->insertConstant(constant);
    else if (modules_.is_attribute(name))
      value = attribute(method, name);
    if (value == nullptr) throw std::runtime_error("'" + name + "' is read before it is made");
    return method.values[name] = value;
  }

  Value* attribute(Method& method, const std::string& name) {
    const auto path = modules_.path_to(name, method.fqn);
    if (path.empty()) return nullptr;
    Value* at = method.self;
    for (const auto& part : path) at = method.graph->insertGetAttr(at, part);
    return at;
  }

  Scope scope_of(Method& method) {
    return {*method.graph, [&](const std::string& name) { return value_in(method, name); },
            [&](const std::string& name, Value* value) { method.values[name] = value; },
            [&](const std::string& name) {
              const auto found = program_.shapes.find(name);
              return found == program_.shapes.end() ? std::nullopt : found->second.dtype;
            },
            !writes_};
  }

  void emit_body(const Call& call, Method& method) {
    const Scope scope = scope_of(method);
    auto inner = call.inner.begin();
    for (size_t i = call.begin; i < call.end;) {
      if (inner != call.inner.end() && inner->begin == i) {
        emit_call(*inner, method);
        i = inner->end;
        ++inner;
      } else {
        emit_node(program_.graph.nodes[i++], scope);
      }
    }
  }

  // Tensors first, as a layer's activations are; then sizes; then parameters of other modules.
  std::vector<std::string> inputs_of(const Call& call) {
    std::vector<std::string> tensors, numbers, attributes;
    std::map<std::string, bool> seen;
    for (size_t i = call.begin; i < call.end; ++i)
      for (const auto* read : values_read(program_.graph.nodes[i])) {
        if (seen[read->name]) continue;
        seen[read->name] = true;
        const bool is_attribute = modules_.is_attribute(read->name);
        if (modules_.constant(read->name).defined()) continue;
        if (is_attribute && !modules_.path_to(read->name, call.fqn).empty()) continue;
        if (!is_attribute && is_made_in(call, read->name)) continue;
        auto& kind = is_attribute                           ? attributes
                     : read->type == Argument::Type::Tensor ? tensors
                                                            : numbers;
        kind.push_back(read->name);
      }
    tensors.insert(tensors.end(), numbers.begin(), numbers.end());
    tensors.insert(tensors.end(), attributes.begin(), attributes.end());
    return tensors;
  }

  bool is_made_in(const Call& call, const std::string& name) const {
    const auto use = made_.find(name);
    return use != made_.end() && use->second >= call.begin && use->second < call.end;
  }

  std::vector<std::string> outputs_of(const Call& call) const {
    std::vector<std::string> outputs;
    for (size_t i = call.begin; i < call.end; ++i)
      for (const auto* made : values_made(program_.graph.nodes[i]))
        if (last_use_.at(made->name) >= call.end) outputs.push_back(made->name);
    return outputs;
  }

  void emit_call(const Call& call, Method& caller) {
    const auto inputs = inputs_of(call), outputs = outputs_of(call);
    Method method = begin_method(call.fqn);
    std::vector<Value*> given;
    for (size_t i = 0; i < inputs.size(); ++i) {
      given.push_back(value_in(caller, inputs[i]));
      const std::string name = i == 0 ? "input" : "input" + std::to_string(i);
      method.values[inputs[i]] = add_input(method, name, given.back()->type());
    }
    emit_body(call, method);
    std::vector<Value*> results;
    for (const auto& output : outputs) results.push_back(value_in(method, output));
    const std::string name = define(method, packed(*method.graph, results));
    define_results(outputs, call_method(caller, call.fqn, name, given, results), caller);
  }

  static Value* packed(torch::jit::Graph& graph, const std::vector<Value*>& results) {
    if (results.size() == 1) return results.front();
    if (results.empty()) return graph.insertConstant(c10::IValue());
    return graph.insertNode(graph.createTuple(results))->output();
  }

  Value* call_method(Method& caller, const std::string& fqn, const std::string& name,
                     const std::vector<Value*>& given, const std::vector<Value*>& results) {
    Value* module = caller.self;
    const std::string below =
        caller.fqn.empty() ? fqn : fqn.substr(std::min(fqn.size(), caller.fqn.size() + 1));
    if (!caller.fqn.empty() && fqn.compare(0, caller.fqn.size() + 1, caller.fqn + ".") != 0)
      throw std::runtime_error("'" + fqn + "' is called by '" + caller.fqn +
                               "', which it is no part of");
    for (const auto& part : parts_of(below)) module = caller.graph->insertGetAttr(module, part);
    std::vector<Value*> inputs = {module};
    inputs.insert(inputs.end(), given.begin(), given.end());
    auto* node = caller.graph->insertNode(caller.graph->create(c10::prim::CallMethod, inputs));
    node->s_(c10::attr::name, name);
    std::vector<c10::TypePtr> types;
    for (const auto* result : results) types.push_back(result->type());
    node->output()->setType(types.size() == 1 ? types.front()
                            : types.empty()   ? c10::TypePtr(c10::NoneType::get())
                                              : c10::TypePtr(c10::TupleType::create(types)));
    return node->output();
  }

  static void define_results(const std::vector<std::string>& outputs, Value* result,
                             Method& caller) {
    if (outputs.size() == 1) caller.values[outputs.front()] = result;
    if (outputs.size() < 2) return;
    auto* unpack = caller.graph->insertNode(caller.graph->createTupleUnpack(result));
    for (size_t i = 0; i < outputs.size(); ++i) caller.values[outputs[i]] = unpack->output(i);
  }

  // The name of the method: "forward", "forward1", ...
  std::string define(Method& method, Value* result) {
    method.graph->registerOutput(result);
    torch::jit::EliminateDeadCode(method.graph);
    method.graph->lint();
    const int number = methods_[method.fqn]++;
    const std::string name = "forward" + (number == 0 ? "" : std::to_string(number));
    auto& module = modules_.module(method.fqn);
    const c10::QualifiedName full(*module.type()->name(), name);
    module.type()->addMethod(
        module._ivalue()->compilation_unit()->create_function(full, method.graph));
    return name;
  }

  void emit_root() {
    Method method = begin_method("");
    emit_arguments(method);
    emit_body(calls_.root, method);
    std::vector<Value*> results;
    for (const auto& output : program_.outputs) emit_output(output, method, results);
    size_t next = 0;
    define(method, put_together(*method.graph, program_.results, results, next));
  }

  // Arguments that the export fixed are none of the method's.
  void emit_arguments(Method& method) {
    std::vector<const InputSpec*> users;
    std::vector<c10::TypePtr> types;
    for (size_t i = 0; i < program_.inputs.size(); ++i) {
      const InputSpec& input = program_.inputs[i];
      if (input.kind != InputSpec::Kind::User && input.kind != InputSpec::Kind::FixedUser) continue;
      users.push_back(&input);
      types.push_back(type_of(program_.graph.inputs[i].type));
    }
    const Tree& positional = program_.arguments.children[0];
    const Tree& named = program_.arguments.children[1];
    size_t next = 0;
    for (size_t i = 0; i < positional.children.size(); ++i)
      emit_argument_of(method, positional.children[i], argument_name(i), users, types, next);
    for (size_t i = 0; i < named.children.size(); ++i)
      emit_argument_of(method, named.children[i], named.keys[i], users, types, next);
  }

  std::string argument_name(size_t i) const {
    return i < program_.argument_names.size() ? program_.argument_names[i]
                                              : "input" + std::to_string(i);
  }

  void emit_argument_of(Method& method, const Tree& tree, const std::string& name,
                        const std::vector<const InputSpec*>& users,
                        const std::vector<c10::TypePtr>& types, size_t& next) {
    const size_t begin = next;
    const auto type = exported::type_of(tree, types, next);
    const auto is_fixed = [](const InputSpec* user) {
      return user->kind == InputSpec::Kind::FixedUser;
    };
    const auto first = users.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = users.begin() + static_cast<std::ptrdiff_t>(next);
    if (std::all_of(first, last, is_fixed)) return;
    if (std::any_of(first, last, is_fixed))
      throw std::runtime_error("its argument '" + name +
                               "' holds values that the export fixed beside tensors; export the "
                               "model without them");
    std::vector<Value*> leaves;
    take_apart(*method.graph, add_input(method, name, type), tree, leaves);
    for (size_t i = begin; i < next; ++i) method.values[users[i]->name] = leaves[i - begin];
  }

  void emit_output(const OutputSpec& output, Method& method, std::vector<Value*>& results) {
    const Scope scope = scope_of(method);
    Value* value = emit_argument(output.value, c10::AnyType::get(), scope);
    if (output.kind == OutputSpec::Kind::User) {
      results.push_back(value);
      return;
    }
    Value* target = nullptr;
    if (output.kind == OutputSpec::Kind::UserInputMutation) {
      target = value_in(method, output.target);
    } else {
      for (const auto& input : program_.inputs)
        if (input.kind == InputSpec::Kind::Buffer && input.target == output.target)
          target = value_in(method, input.name);
    }
    if (target == nullptr) throw std::runtime_error("it writes to '" + output.target + "'");
    method.graph->insert(c10::aten::copy_, {target, value});
  }

  Program program_;
  CallTree calls_;
  ModuleTree modules_;
  std::unordered_map<std::string, size_t> made_, last_use_;  // nodes, by value
  std::map<std::string, int> methods_;
  bool writes_ = false;  // some operator, to a tensor that is there
};

}  // namespace

Imported import_program(const Archive& archive) try {
  return Importer(archive).import();
} catch (const std::exception& cause) {
  std::string reason = first_line(cause.what());
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  std::replace_if(reason.begin(), reason.end(), is_control, '?');  // names are the file's own
  throw Error(ErrorKind::Model, "this model of torch.export cannot be taken: " + reason)
      .with_details(cause.what());
}

}  // namespace actsparse::exported
