#include "functions/user_functions.h"

#include <spdlog/fmt/fmt.h>
#include <torch/csrc/api/include/torch/jit.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include "base/error.h"
#include "functions/check_source.h"
#include "functions/elementwise_aggregate.h"
#include "functions/guard_division.h"
#include "functions/tensors.h"

namespace actsparse {
namespace {

using at::Tensor;
using nlohmann::json;
using torch::jit::CompilationUnit;

// ---- errors ----

std::string without_end(std::string text, const std::string& end) {
  const bool ends =
      text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
  return ends ? text.substr(0, text.size() - end.size()) : text;
}

// What to do about two mistakes that come from habits of Python.
std::string advice(const std::string& cause) {
  if (cause.rfind("expected def", 0) == 0)
    return "; a functions file holds functions and comments only, no imports";
  const bool raises = std::regex_match(cause, std::regex("undefined value \\w*(Error|Exception)"));
  return raises ? "; write assert instead of raise" : "";
}

Error compile_error(const std::string& label, const std::string& text) {
  std::smatch place;
  const bool placed = std::regex_search(text, place, std::regex(", line ([0-9]+)"));
  const std::string cause = without_end(without_end(first_line(text), ":"), " here");
  const auto where = placed ? label + ", line " + place[1].str() : label;
  return Error(ErrorKind::Function, where + ": does not compile: " + cause + advice(cause))
      .with_details(text);
}

// TorchScript puts a traceback first and the cause last.
std::string cause_of(const std::string& text) {
  const std::string last = "\nRuntimeError: ";
  const auto at = text.rfind(last);
  if (at == std::string::npos) return first_line(text);
  return first_line(without_end(text.substr(at + last.size()), ": \n"));
}

// ---- the call ----

using BoundFunction = std::function<Tensor(const std::vector<Tensor>& tensors)>;

// Inference tensors keep no version.
int64_t version_of(const Tensor& tensor) { return tensor.is_inference() ? 0 : tensor._version(); }

Tensor run(torch::jit::Function& function, const std::vector<Tensor>& tensors,
           const torch::jit::Kwargs& parameters) {
  const Tensor& input = tensors.back();
  const int64_t version = version_of(input);
  const auto result = function(torch::jit::Stack(tensors.begin(), tensors.end()), parameters);
  if (version_of(input) != version)
    throw Error(ErrorKind::Function,
                "it writes to its input in place; let it work on a copy: x = x.clone()");
  if (!result.isTensor() || !result.toTensor().defined())
    throw Error(ErrorKind::Function, "it returned no tensor");
  return result.toTensor();
}

c10::IValue to_ivalue(const json& value, const std::string& type) {
  if (type == "int") return value.get<int64_t>();
  if (type == "float") return value.get<double>();
  if (type == "bool") return value.get<bool>();
  if (type == "string") return value.get<std::string>();
  if (type == "list of int") return value.get<std::vector<int64_t>>();
  return value.get<std::vector<double>>();
}

/// A compiled function; keeps the code it belongs to alive.
struct Compiled {
  std::shared_ptr<CompilationUnit> unit;
  torch::jit::Function* function;
  std::vector<ParameterRule> rules;
};

// Made anew for every call: a function may change a list that it gets.
torch::jit::Kwargs keywords(const std::vector<ParameterRule>& rules, const json& values) {
  torch::jit::Kwargs parameters;
  for (const auto& rule : rules) parameters[rule.name] = to_ivalue(values.at(rule.name), rule.type);
  return parameters;
}

BoundFunction bind(const Compiled& code, const json& values) {
  return [code, values](const std::vector<Tensor>& tensors) {
    try {
      return run(*code.function, tensors, keywords(code.rules, values));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(ErrorKind::Function, cause_of(error.what())).with_details(error.what());
    }
  };
}

// ---- the signature ----

bool is_tensor(const c10::Argument& argument) {
  return argument.type()->kind() == c10::TypeKind::TensorType;
}

// Our word for a type that a parameter can have; empty for all others.
std::string parameter_type(const c10::Argument& argument) {
  static const std::map<std::string, std::string> types = {
      {"int", "int"},    {"float", "float"},           {"bool", "bool"},
      {"str", "string"}, {"List[int]", "list of int"}, {"List[float]", "list of float"}};
  const auto found = types.find(argument.type()->annotation_str());
  return found == types.end() ? "" : found->second;
}

json to_json(const c10::IValue& value) {
  if (value.isInt()) return value.toInt();
  if (value.isDouble()) return value.toDouble();
  if (value.isBool()) return value.toBool();
  if (value.isString()) return value.toStringRef();
  if (value.isIntList()) return value.toIntVector();
  return value.toDoubleVector();
}

ParameterRule rule_of(const c10::Argument& argument) {
  static const std::map<std::string, json> examples = {
      {"int", 1},         {"float", 0.5},       {"bool", true},
      {"string", "text"}, {"list of int", {0}}, {"list of float", {0.5}}};
  const auto type = parameter_type(argument);
  const auto& value = argument.default_value();
  return value ? optional(argument.name(), type, to_json(*value), examples.at(type))
               : required(argument.name(), type, examples.at(type));
}

// The number of tensors a function takes before its parameters; 0 if it cannot serve at all.
size_t leading_tensors(const c10::FunctionSchema& schema) {
  const auto& arguments = schema.arguments();
  const auto first = std::find_if_not(arguments.begin(), arguments.end(), is_tensor);
  const bool typed =
      std::all_of(first, arguments.end(), [](const auto& a) { return !parameter_type(a).empty(); });
  const bool returns_tensor = schema.returns().size() == 1 && is_tensor(schema.returns()[0]);
  return typed && returns_tensor ? static_cast<size_t>(first - arguments.begin()) : 0;
}

void refuse_name(const Compiled& code, const std::string& label, const std::string& reserved) {
  for (const auto& rule : code.rules)
    if (rule.name == reserved)
      throw Error(ErrorKind::Function,
                  fmt::format("{}: a parameter of {} is called '{}', which the config uses itself; "
                              "give it another name",
                              label, code.function->name(), reserved));
}

// ---- the kinds ----

using Combine = std::function<Tensor(const Tensor&, const Tensor&)>;

Combine combine_with(const BoundFunction& bound) {
  return [bound](const Tensor& a, const Tensor& b) { return bound({a, b}); };
}

// How two accumulators become one: by the function itself, by another one, or not at all.
Combine merge_of(const Compiled& code, const json& values, const Combine& itself) {
  if (values.at("merge_fn").is_null()) return values.at("associative") == true ? itself : nullptr;
  const auto name = values.at("merge_fn").get<std::string>();
  auto* function = code.unit->find_function(c10::QualifiedName(name));
  const bool serves = function != nullptr && function->getSchema().arguments().size() == 2 &&
                      leading_tensors(function->getSchema()) == 2;
  if (!serves)
    throw Error(ErrorKind::Config,
                fmt::format("merge_fn: found '{}', allowed is a function of the same file with the "
                            "signature def f(acc: Tensor, other: Tensor) -> Tensor",
                            name));
  return combine_with(bind({code.unit, function, {}}, json::object()));
}

AggregateFn make_aggregate(const Compiled& code, const json& values) {
  const Combine combine = combine_with(bind(code, values));
  const auto how = std::make_shared<const Combination>(
      Combination{code.function->name(), [](const Tensor& x) { return x; }, combine,
                  [](const Tensor& acc, int64_t) { return acc; }, merge_of(code, values, combine),
                  values.at("init") == "first", /*keeps_shape=*/false});
  return [how] { return elementwise_aggregate(how); };
}

AggregateRow aggregate_row(const Compiled& code, const std::string& description) {
  auto rules = code.rules;
  rules.push_back(init_rule("zeros"));
  rules.push_back(optional("associative", "bool", false, true));
  rules.push_back(optional("merge_fn", "string", nullptr, "my_merge"));
  return {code.function->name(), description, rules,
          [code](const json& values) { return make_aggregate(code, values); },
          user_aggregate_facts()};
}

ScoreRow reduce_or_mask_row(const Compiled& code, const std::string& description) {
  return {code.function->name(), description, code.rules, [code](const json& values) -> ReduceFn {
            return [bound = bind(code, values)](const Tensor& x) { return bound({x}); };
          }};
}

// A config may come from anywhere: its functions compute, and do nothing else.
void refuse_file_access(const torch::jit::Block& block, const std::string& place) {
  for (const auto* node : block.nodes()) {
    const std::string name = node->kind().toQualString();
    if (name == "aten::from_file" || name == "aten::save" || name.rfind("c10d::", 0) == 0)
      throw Error(ErrorKind::Function,
                  place + " calls " + node->kind().toUnqualString() +
                      ", which reaches beyond tensors; a function may compute only");
    for (const auto* inner : node->blocks()) refuse_file_access(*inner, place);
  }
}

UserFunction describe(const std::shared_ptr<CompilationUnit>& unit, torch::jit::Function* function,
                      const std::string& label) {
  const auto& schema = function->getSchema();
  std::ostringstream signature;
  signature << schema;
  UserFunction user{function->name(), label, signature.str(), std::nullopt, std::nullopt};
  const size_t tensors = leading_tensors(schema);
  if (tensors != 1 && tensors != 2) return user;
  Compiled code{unit, function, {}};
  for (size_t i = tensors; i < schema.arguments().size(); ++i)
    code.rules.push_back(rule_of(schema.arguments()[i]));
  refuse_name(code, label, "name");
  for (const char* own : {"init", "associative", "merge_fn"})
    if (tensors == 2) refuse_name(code, label, own);
  if (tensors == 2) user.aggregate = aggregate_row(code, user.signature);
  if (tensors == 1) user.reduce_or_mask = reduce_or_mask_row(code, user.signature);
  return user;
}

std::shared_ptr<CompilationUnit> compile(const FunctionSource& source) {
  try {
    guard_division();
    check_source(source.text);
    return torch::jit::compile(source.text);
  } catch (const std::exception& error) {  // not always a c10::Error
    throw compile_error(source.label, error.what());
  }
}

}  // namespace

std::vector<UserFunction> compile_functions(const FunctionSource& source) {
  const auto unit = compile(source);
  std::vector<UserFunction> functions;
  for (auto* function : unit->get_functions()) {
    refuse_file_access(*torch::jit::toGraphFunction(*function).graph()->block(),
                       source.label + ": '" + function->name() + "'");
    functions.push_back(describe(unit, function, source.label));
  }
  if (functions.empty())
    throw Error(ErrorKind::Function, source.label + ": holds no function; write one as in " +
                                         wanted_signature(FunctionKind::Mask));
  return functions;
}

AggregateFacts user_aggregate_facts() { return {"", {"associative", "merge_fn"}}; }

std::string wanted_signature(FunctionKind kind) {
  const std::string tensors =
      kind == FunctionKind::Aggregate ? "acc: Tensor, x: Tensor" : "x: Tensor";
  return "def f(" + tensors +
         ", parameters of type int, float, bool, str, List[int] or List[float]) -> Tensor";
}

}  // namespace actsparse
