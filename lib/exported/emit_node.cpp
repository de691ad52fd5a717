#include "exported/emit_node.h"

#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/jit/frontend/schema_matching.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "base/error.h"
#include "exported/call_tree.h"
#include "exported/emit_cond.h"
#include "exported/replacements.h"

namespace actsparse::exported {
namespace {

using torch::jit::NamedValue;
using torch::jit::Value;

// "torch.ops.aten.conv2d.default" in its parts.
struct Target {
  std::string symbol;    // "aten::conv2d"
  std::string overload;  // "" is the default one
};

std::optional<Target> target_of(const std::string& text) {
  const std::string begin = "torch.ops.";
  if (text.compare(0, begin.size(), begin) != 0) return std::nullopt;
  const size_t space_end = text.find('.', begin.size());
  const size_t name_end = text.rfind('.');
  if (space_end == std::string::npos || name_end <= space_end) return std::nullopt;
  const std::string space = text.substr(begin.size(), space_end - begin.size());
  const std::string name = text.substr(space_end + 1, name_end - space_end - 1);
  const std::string overload = text.substr(name_end + 1);
  return Target{space + "::" + name, overload == "default" ? "" : overload};
}

// Sizes are symbols in the export, plain integers here.
const std::map<std::string, Target>& renamed() {
  static const std::map<std::string, Target> targets = {
      {"torch.ops.aten.sym_size.int", {"aten::size", "int"}},
      {"torch.ops.aten.sym_stride.int", {"aten::stride", "int"}},
      {"torch.ops.aten.sym_numel.default", {"aten::numel", ""}},
      {"torch.ops.aten.sym_storage_offset.default", {"aten::storage_offset", ""}},
      {"torch.ops.aten.lift_fresh_copy.default", {"aten::clone", ""}},
      {"torch.ops.aten.detach.default", {"aten::detach", ""}},
  };
  return targets;
}

// Python's operators on sizes; TorchScript's of the same meaning go by their operands' types.
const std::map<std::string, std::string>& python_operators() {
  static const std::map<std::string, std::string> symbols = {
      {"_operator.add", "aten::add"},     {"_operator.sub", "aten::sub"},
      {"_operator.mul", "aten::mul"},     {"_operator.floordiv", "aten::floordiv"},
      {"_operator.truediv", "aten::div"}, {"_operator.mod", "aten::remainder"},
      {"_operator.pow", "aten::pow"},     {"_operator.neg", "aten::neg"},
      {"_operator.pos", "aten::Int"},     {"_operator.eq", "aten::eq"},
      {"_operator.ne", "aten::ne"},       {"_operator.lt", "aten::lt"},
      {"_operator.le", "aten::le"},       {"_operator.gt", "aten::gt"},
      {"_operator.ge", "aten::ge"},       {"_operator.and_", "aten::__and__"},
      {"_operator.or_", "aten::__or__"},  {"math.floor", "aten::floor"},
      {"math.ceil", "aten::ceil"},        {"math.trunc", "aten::Int"},
      {"math.sqrt", "aten::sqrt"},        {"torch._sym_sqrt", "aten::sqrt"},
      {"torch.sym_float", "aten::Float"}, {"torch.sym_int", "aten::Int"},
      {"torch.sym_max", "prim::max"},     {"torch.sym_min", "prim::min"},
      {"torch.sym_not", "aten::__not__"},
  };
  return symbols;
}

// Checks of the export's own, which hold for what it was made for.
bool is_assertion(const std::string& target) {
  static const std::set<std::string> assertions = {
      "torch.ops.aten._assert_scalar.default",
      "torch.ops.aten._assert_async.msg",
      "torch.ops.aten._assert_tensor_metadata.default",
      "torch.ops.aten.sym_constrain_range.default",
      "torch.ops.aten.sym_constrain_range_for_size.default",
      "torch.ops.aten._functional_assert_scalar.default",
      "torch._check",
  };
  return assertions.count(target) > 0;
}

c10::TypePtr without_optional(const c10::TypePtr& type) {
  const auto optional = type->cast<c10::OptionalType>();
  return optional ? optional->getElementType() : type;
}

const NamedArgument* find_input(const ProgramNode& node, const std::string& name) {
  for (const auto& input : node.inputs)
    if (input.name == name) return &input;
  return nullptr;
}

// Newer operators take wider numbers than this LibTorch's.
c10::IValue fitting(const c10::IValue& constant, const c10::TypePtr& type) {
  if (constant.isInt() && type->kind() == c10::TypeKind::FloatType)
    return static_cast<double>(constant.toInt());
  if (constant.isDouble() && type->kind() == c10::TypeKind::IntType) {
    const auto whole = static_cast<int64_t>(constant.toDouble());
    if (static_cast<double>(whole) == constant.toDouble()) return whole;
  }
  return constant;
}

// To TorchScript a bool is no number; where it only fills a tensor of a given dtype, 1 is the same.
Argument as_number(const Argument& argument, const ProgramNode& node) {
  static const std::set<std::string> fills = {
      "torch.ops.aten.full_like.default",  "torch.ops.aten.new_full.default",
      "torch.ops.aten.masked_fill.Scalar", "torch.ops.aten.masked_fill_.Scalar",
      "torch.ops.aten.fill.Scalar",        "torch.ops.aten.fill_.Scalar"};
  if (argument.kind != Argument::Kind::Constant || !argument.constant.isBool()) return argument;
  const auto* dtype = find_input(node, "dtype");
  const bool has_dtype = dtype != nullptr && !dtype->argument.is_none();
  const bool is_full = node.target == "torch.ops.aten.full.default" && has_dtype;
  if (!is_full && fills.count(node.target) == 0)
    throw std::runtime_error("a bool stands for a number");
  Argument number = argument;
  number.constant = static_cast<int64_t>(argument.constant.toBool());
  return number;
}

Value* emit_list(const Argument& argument, const c10::TypePtr& type, const Scope& scope) {
  const auto list = type->cast<c10::ListType>();
  if (!list) throw std::runtime_error("a list is given where the operator takes none");
  const auto element = list->getElementType();
  std::vector<Value*> items;
  for (const auto& item : argument.items) items.push_back(emit_argument(item, element, scope));
  return scope.graph.insertNode(scope.graph.createList(element, items))->output();
}

// Operators that hold graphs of their own.
std::string why_higher_order(const std::string& target) {
  const std::string begin = "torch.ops.higher_order.";
  if (target.compare(0, begin.size(), begin) != 0) return "";
  if (target == begin + "wrap_with_autocast")
    return "a region of autocast; take it apart in Python: "
           "torch.export.save(program.run_decompositions(), ...)";
  return "it holds graphs of its own; export the model without it";
}

const c10::FunctionSchema* exact_overload(const Target& target) {
  for (const auto& candidate :
       torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(target.symbol)))
    if (candidate->schema().overload_name() == target.overload) return &candidate->schema();
  return nullptr;
}

// True where Python takes a number and the schema a tensor: add.Tensor(x, 1).
bool wants_tensor_of_number(const ProgramNode& node, const c10::FunctionSchema& schema,
                            const Scope& scope) {
  for (const auto& argument : schema.arguments()) {
    const auto* input = find_input(node, argument.name());
    if (input == nullptr || argument.type()->kind() != c10::TypeKind::TensorType) continue;
    const Argument& given = input->argument;
    if (given.kind == Argument::Kind::Constant && !given.is_none()) return true;
    if (given.is_value() && scope.value(given.name)->type()->kind() != c10::TypeKind::TensorType)
      return true;
  }
  return false;
}

std::vector<NamedValue> emit_arguments(const ProgramNode& node, const c10::FunctionSchema& schema,
                                       const Scope& scope) {
  std::vector<NamedValue> arguments;
  size_t found = 0;
  for (const auto& argument : schema.arguments()) {
    const auto* input = find_input(node, argument.name());
    if (input == nullptr) {
      // Newer operators have more defaults.
      if (!argument.default_value() && argument.type()->kind() == c10::TypeKind::OptionalType)
        arguments.emplace_back(argument.name(), scope.graph.insertConstant(c10::IValue()));
      continue;
    }
    ++found;
    const auto type = without_optional(argument.type());
    const bool is_number = type->kind() == c10::TypeKind::NumberType;
    arguments.emplace_back(
        argument.name(),
        emit_argument(is_number ? as_number(input->argument, node) : input->argument, type, scope));
  }
  if (found != node.inputs.size())
    throw std::runtime_error("this LibTorch's operator takes other arguments");
  return arguments;
}

// The value that `argument` calls by name; a number out of a tensor becomes what the export says.
Value* as_said(Value* value, const Argument& argument, const Scope& scope) {
  if (value->type()->kind() != c10::TypeKind::NumberType) return value;
  const char* cast = argument.type == Argument::Type::Float  ? "aten::Float"
                     : argument.type == Argument::Type::Bool ? "aten::Bool"
                                                             : "aten::Int";
  return scope.graph.insert(c10::Symbol::fromQualString(cast), {value});
}

void define_output(const Argument& output, Value* value, const Scope& scope) {
  if (output.is_value()) return scope.define(output.name, as_said(value, output, scope));
  if (output.kind != Argument::Kind::List) return;  // nobody reads it
  auto* unpack = scope.graph.insertNode(scope.graph.createListUnpack(value, output.items.size()));
  for (size_t i = 0; i < output.items.size(); ++i)
    define_output(output.items[i], unpack->output(i), scope);
}

void define_outputs(const ProgramNode& node, const std::vector<Value*>& values,
                    const Scope& scope) {
  // What is not given here is refused where somebody reads it.
  for (size_t i = 0; i < std::min(values.size(), node.outputs.size()); ++i)
    define_output(node.outputs[i], values[i], scope);
}

// The source form of the graph names no overload: it must lead back to the one that was meant.
void check_overload(const torch::jit::Node& made, const Target& target) {
  const auto* schema = made.maybeSchema();
  if (schema == nullptr || schema->overload_name() != target.overload)
    throw std::runtime_error("TorchScript takes it for another overload");
}

void emit_exact(const ProgramNode& node, const Target& target, const c10::FunctionSchema& schema,
                const Scope& scope) {
  const auto arguments = emit_arguments(node, schema, scope);
  const auto matched =
      torch::jit::matchSchema(schema, torch::jit::SourceRange(), scope.graph, {}, arguments);
  auto* made = scope.graph.insertNode(scope.graph.create(
      c10::Symbol::fromQualString(target.symbol), matched.inputs, matched.return_types.size()));
  for (size_t i = 0; i < matched.return_types.size(); ++i)
    made->output(i)->setType(matched.return_types[i]);
  check_overload(*made, target);
  define_outputs(node, {made->outputs().begin(), made->outputs().end()}, scope);
}

// A number as Python's: it widens no tensor beside it.
Value* tensor_of_number(Value* number, const ProgramNode& node, const Scope& scope) {
  const bool is_float = number->type()->kind() == c10::TypeKind::FloatType;
  if (!is_float && number->type()->kind() != c10::TypeKind::IntType)
    throw std::runtime_error("what stands for a tensor is neither an integer nor a float");
  const auto made = node.outputs.empty() ? std::nullopt : scope.dtype(node.outputs[0].name);
  const auto dtype = !is_float                         ? c10::ScalarType::Long
                     : made == c10::ScalarType::Double ? c10::ScalarType::Double
                                                       : c10::ScalarType::Float;
  return scope.graph.insert(c10::aten::scalar_tensor, {number},
                            {{"dtype", static_cast<int64_t>(dtype)}});
}

// number - tensor, and others that TorchScript has no overload for.
void emit_with_tensors(const ProgramNode& node, const Target& target,
                       const c10::FunctionSchema& schema, const Scope& scope) {
  ProgramNode copy = node;
  Scope inner = scope;
  std::map<std::string, Value*> made;
  inner.value = [&](const std::string& name) {
    const auto found = made.find(name);
    return found == made.end() ? scope.value(name) : found->second;
  };
  for (auto& input : copy.inputs) {
    const auto index = schema.argumentIndexWithName(input.name);
    if (!index ||
        schema.arguments()[static_cast<size_t>(*index)].type()->kind() != c10::TypeKind::TensorType)
      continue;
    Value* value = emit_argument(input.argument, c10::AnyType::get(), scope);
    if (value->type()->kind() == c10::TypeKind::TensorType) continue;
    const std::string name = "number of " + input.name;
    made[name] = tensor_of_number(value, node, scope);
    input.argument = Argument();
    input.argument.kind = Argument::Kind::Value;
    input.argument.name = name;
  }
  emit_exact(copy, target, schema, inner);
}

// TorchScript has overloads of its own for numbers.
void emit_by_types(const ProgramNode& node, const std::string& symbol, const Scope& scope) {
  std::vector<NamedValue> positional, named;
  for (const auto& input : node.inputs) {
    const bool is_list = input.argument.kind == Argument::Kind::List;
    const c10::TypePtr type = is_list ? c10::TypePtr(c10::ListType::ofInts()) : c10::AnyType::get();
    Value* value = emit_argument(input.argument, type, scope);
    const bool is_python = node.target.compare(0, 10, "torch.ops.") != 0;
    if (input.name.empty() || is_python || symbol == "aten::reshape")
      positional.emplace_back(value);
    else
      named.emplace_back(input.name, value);
  }
  Value* made = scope.graph.insert(c10::Symbol::fromQualString(symbol), positional, named);
  define_outputs(node, {made}, scope);
}

void emit(const ProgramNode& node, const Scope& scope) {
  if (is_assertion(node.target)) return;
  if (node.target == same_value)
    return scope.define(node.outputs.at(0).name,
                        emit_argument(node.inputs.at(0).argument, c10::AnyType::get(), scope));
  if (const auto python = python_operators().find(node.target); python != python_operators().end())
    return emit_by_types(node, python->second, scope);
  const auto other = renamed().find(node.target);
  const auto target = other != renamed().end() ? other->second : target_of(node.target);
  if (node.target == "torch.ops.higher_order.cond") return emit_cond(node, scope);
  if (const auto higher = why_higher_order(node.target); !higher.empty())
    throw std::runtime_error(higher);
  if (!target) throw std::runtime_error("it is not known");
  if (const auto values = emit_composed(node, scope)) return define_outputs(node, *values, scope);
  if (const auto* schema = exact_overload(*target)) {
    if (scope.may_copy && node.target == "torch.ops.aten.view.default")
      return emit_by_types(node, "aten::reshape", scope);
    if (wants_tensor_of_number(node, *schema, scope)) {
      const auto* first = node.inputs.empty() ? nullptr : &node.inputs.front().argument;
      const bool starts_with_tensor =
          first != nullptr && first->is_value() && first->type == Argument::Type::Tensor;
      return starts_with_tensor ? emit_by_types(node, target->symbol, scope)
                                : emit_with_tensors(node, *target, *schema, scope);
    }
    return emit_exact(node, *target, *schema, scope);
  }
  const auto values = emit_replacement(node, scope);
  if (!values) throw std::runtime_error("this LibTorch (" TORCH_VERSION ") does not have it");
  define_outputs(node, *values, scope);
}

}  // namespace

Value* emit_argument(const Argument& argument, const c10::TypePtr& type, const Scope& scope) {
  switch (argument.kind) {
    case Argument::Kind::Value:
      return scope.value(argument.name);
    case Argument::Kind::Constant:
      return scope.graph.insertConstant(fitting(argument.constant, type));
    case Argument::Kind::List:
      return emit_list(argument, type, scope);
    case Argument::Kind::Graph:
      break;
  }
  throw std::runtime_error("it holds a graph of its own");
}

void emit_node(const ProgramNode& node, const Scope& scope) try {
  emit(node, scope);
} catch (const std::exception& error) {
  throw std::runtime_error("the operator " + node.target +
                           " cannot be taken: " + first_line(error.what()));
}

}  // namespace actsparse::exported
