#include "functions/user_functions.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/error.h"
#include "functions/elementwise_aggregate.h"
#include "functions/tensors.h"
#include "model/compile_source.h"

namespace actsparse {
namespace {

using at::Tensor;
using nlohmann::json;
using Keywords = CompiledFunction::Keywords;

// ---- the call ----

using BoundFunction =
    std::function<Tensor(const std::vector<Tensor>& tensors, const Tensor& weight)>;

// Inference tensors keep no version.
int64_t version_of(const Tensor& tensor) { return tensor.is_inference() ? 0 : tensor._version(); }

std::vector<int64_t> versions_of(const std::vector<Tensor>& tensors) {
  std::vector<int64_t> versions(tensors.size());
  std::transform(tensors.begin(), tensors.end(), versions.begin(), version_of);
  return versions;
}

// Which of its tensors a function may write to.
enum class Writes { None, Accumulator };

Tensor run(const CompiledFunction& function, Writes writes, const std::vector<Tensor>& tensors,
           const Keywords& parameters, const Tensor& weight) {
  const bool may_write_first = writes == Writes::Accumulator;
  std::vector<Tensor> others(tensors.begin() + (may_write_first ? 1 : 0), tensors.end());
  if (weight.defined()) others.push_back(weight);
  const auto versions = versions_of(others);
  const auto result =
      function.call(std::vector<c10::IValue>(tensors.begin(), tensors.end()), parameters);
  if (versions_of(others) != versions)
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

using Functions = std::vector<CompiledFunction>;

// A function of a source, and what its parameters may be.
struct Described {
  std::shared_ptr<const Functions> source;
  CompiledFunction function;
  std::vector<ParameterRule> rules;
};

// Made anew for every call: a function may change a list that it gets.
Keywords keywords(const std::vector<ParameterRule>& rules, const json& values) {
  Keywords parameters;
  for (const auto& rule : rules) parameters[rule.name] = to_ivalue(values.at(rule.name), rule.type);
  return parameters;
}

BoundFunction bind(const CompiledFunction& function, Writes writes,
                   const std::vector<ParameterRule>& rules, const json& values) {
  return
      [function, writes, rules, values](const std::vector<Tensor>& tensors, const Tensor& weight) {
        Keywords parameters = keywords(rules, values);
        if (weight.defined()) parameters["weight"] = weight;
        return run(function, writes, tensors, parameters, weight);
      };
}

// ---- the signature ----

bool is_tensor(const c10::Argument& argument) {
  return argument.type()->kind() == c10::TypeKind::TensorType;
}

// The layer's weight, which a score may ask for.
bool is_weight(const c10::Argument& argument) {
  return is_tensor(argument) && argument.name() == "weight";
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

bool takes_weight(const c10::FunctionSchema& schema) {
  const auto& arguments = schema.arguments();
  return arguments.size() > 1 && std::any_of(arguments.begin() + 1, arguments.end(), is_weight);
}

// The number of tensors a function takes before its parameters, the weight not counted; 0 if it
// cannot serve at all.
size_t leading_tensors(const c10::FunctionSchema& schema) {
  auto arguments = schema.arguments();
  if (takes_weight(schema))
    arguments.erase(std::remove_if(arguments.begin() + 1, arguments.end(), is_weight),
                    arguments.end());
  const auto first = std::find_if_not(arguments.begin(), arguments.end(), is_tensor);
  const bool typed =
      std::all_of(first, arguments.end(), [](const auto& a) { return !parameter_type(a).empty(); });
  const bool returns_tensor = schema.returns().size() == 1 && is_tensor(schema.returns()[0]);
  return typed && returns_tensor ? static_cast<size_t>(first - arguments.begin()) : 0;
}

void refuse_name(const Described& code, const std::string& label, const std::string& reserved) {
  for (const auto& rule : code.rules)
    if (rule.name == reserved)
      throw Error(ErrorKind::Function,
                  fmt::format("{}: a parameter of {} is called '{}', which the config uses itself; "
                              "give it another name",
                              label, code.function.name, reserved));
}

// ---- the kinds ----

using Combine = std::function<Tensor(const Tensor&, const Tensor&)>;

Combine combine_with(const BoundFunction& bound) {
  return [bound](const Tensor& a, const Tensor& b) { return bound({a, b}, {}); };
}

// How two accumulators become one: by the function itself, by another one, or not at all.
Combine merge_of(const Described& code, const json& values, const Combine& itself) {
  if (values.at("merge_fn").is_null()) return values.at("associative") == true ? itself : nullptr;
  const auto name = values.at("merge_fn").get<std::string>();
  const auto function = std::find_if(code.source->begin(), code.source->end(),
                                     [&](const auto& other) { return other.name == name; });
  const bool serves = function != code.source->end() && function->schema.arguments().size() == 2 &&
                      leading_tensors(function->schema) == 2;
  if (!serves)
    throw Error(ErrorKind::Config,
                fmt::format("merge_fn: found '{}', allowed is a function of the same file with the "
                            "signature def f(acc: Tensor, other: Tensor) -> Tensor",
                            name));
  return combine_with(bind(*function, Writes::Accumulator, {}, json::object()));
}

AggregateFn make_aggregate(const Described& code, const json& values) {
  const Combine combine =
      combine_with(bind(code.function, Writes::Accumulator, code.rules, values));
  const auto how = std::make_shared<const Combination>(
      Combination{code.function.name, [](const Tensor& x) { return x; }, combine,
                  [](const Tensor& acc, int64_t) { return acc; }, merge_of(code, values, combine),
                  values.at("init") == "first", /*keeps_shape=*/false});
  return [how] { return elementwise_aggregate(how); };
}

AggregateRow aggregate_row(const Described& code, const std::string& description) {
  auto rules = code.rules;
  rules.push_back(init_rule("zeros"));
  rules.push_back(optional("associative", "bool", false, true));
  rules.push_back(optional("merge_fn", "string", nullptr, "my_merge"));
  return {code.function.name, description, rules,
          [code](const json& values) { return make_aggregate(code, values); },
          user_aggregate_facts()};
}

ScoreRow reduce_or_mask_row(const Described& code, const std::string& description) {
  ScoreFacts facts;
  facts.needs.weight = takes_weight(code.function.schema);
  return {code.function.name, description, code.rules,
          [code](const json& values) -> ReduceFn {
            return [bound = bind(code.function, Writes::None, code.rules, values),
                    takes = takes_weight(code.function.schema)](const Evidence& layer) {
              if (takes && !layer.weight.defined())
                throw Error(ErrorKind::Function,
                            "it takes the weight of a layer, but decides for several that are "
                            "aligned");
              // The model's own memory is not for a function to write to.
              return bound({layer.value}, takes ? layer.weight.clone() : Tensor());
            };
          },
          facts};
}

MetricRow metric_row(const Described& code, const std::string& description) {
  const bool takes_labels = code.function.schema.arguments().at(1).name() == "labels";
  return {code.function.name,
          description,
          code.rules,
          [code](const json& values) -> MetricFn {
            return combine_with(bind(code.function, Writes::None, code.rules, values));
          },
          {takes_labels}};
}

UserFunction describe(const std::shared_ptr<const Functions>& source,
                      const CompiledFunction& function, const std::string& label) {
  const auto& schema = function.schema;
  std::ostringstream signature;
  signature << schema;
  UserFunction user{function.name, label, signature.str(), {}, {}, {}};
  const size_t tensors = leading_tensors(schema);
  if (tensors != 1 && (tensors != 2 || takes_weight(schema))) return user;
  Described code{source, function, {}};
  for (const auto& argument : schema.arguments())
    if (!is_tensor(argument)) code.rules.push_back(rule_of(argument));
  refuse_name(code, label, "name");
  for (const char* own : {"init", "associative", "merge_fn"})
    if (tensors == 2) refuse_name(code, label, own);
  if (tensors == 2) user.aggregate = aggregate_row(code, user.signature);
  if (tensors == 2) user.metric = metric_row(code, user.signature);
  if (tensors == 1) user.reduce_or_mask = reduce_or_mask_row(code, user.signature);
  return user;
}

}  // namespace

std::vector<UserFunction> compile_functions(const FunctionSource& source) {
  const auto compiled =
      std::make_shared<const Functions>(compile_source(source.label, source.text));
  std::vector<UserFunction> functions;
  for (const auto& function : *compiled)
    functions.push_back(describe(compiled, function, source.label));
  if (functions.empty())
    throw Error(ErrorKind::Function, source.label + ": holds no function; write one as in " +
                                         wanted_signature(FunctionKind::Mask));
  return functions;
}

AggregateFacts user_aggregate_facts() { return {"", {"associative", "merge_fn"}}; }

std::string wanted_signature(FunctionKind kind) {
  const std::string tensors = kind == FunctionKind::Aggregate ? "acc: Tensor, x: Tensor"
                              : kind == FunctionKind::Metric
                                  ? "baseline: Tensor, candidate: Tensor (or output, labels)"
                                  : "x: Tensor";
  return "def f(" + tensors +
         ", parameters of type int, float, bool, str, List[int] or List[float]) -> Tensor";
}

}  // namespace actsparse
