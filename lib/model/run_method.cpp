#include "model/run_method.h"

#include <ATen/core/List.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/scalar_tensor.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "model/device_of.h"
#include "model/explain_failure.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;

bool is_number(const IValue& value) { return value.isInt() || value.isDouble() || value.isBool(); }

IValue fit(const IValue& value, const c10::TypePtr& type, c10::Device device);

bool is_a(const IValue& value, const c10::TypePtr& type) {
  return value.type()->isSubtypeOf(*type);
}

// Files hold List[Any], and a constant [1, 2] is a List[int] where List[float] may be wanted. A
// container with an element that does not fit is left as it is, for the message.
IValue fit_list(const IValue& value, const c10::ListType& type, c10::Device device) {
  const auto& element_type = type.getElementType();
  c10::impl::GenericList list(element_type);
  for (const IValue& element : value.toListRef()) {
    list.push_back(fit(element, element_type, device));
    if (!is_a(list.get(list.size() - 1), element_type)) return value;
  }
  return list;
}

IValue fit_dict(const IValue& value, const c10::DictType& type, c10::Device device) {
  c10::impl::GenericDict dict(type.getKeyType(), type.getValueType());
  for (const auto& entry : value.toGenericDict()) {
    const IValue fitted = fit(entry.value(), type.getValueType(), device);
    if (!is_a(entry.key(), type.getKeyType()) || !is_a(fitted, type.getValueType())) return value;
    dict.insert(entry.key(), fitted);
  }
  return dict;
}

IValue fit_tuple(const IValue& value, const c10::TupleTypePtr& type, c10::Device device) {
  const auto elements = value.toTupleRef().elements().vec();
  if (elements.size() != type->elements().size()) return value;
  std::vector<IValue> fitted;
  for (size_t i = 0; i < elements.size(); ++i)
    fitted.push_back(fit(elements[i], type->elements()[i], device));
  return c10::ivalue::Tuple::createNamed(std::move(fitted), type);
}

// What data files and configs can hold to what the schema wants: int -> float, number -> 0-d
// tensor, List[Any] -> List[Tensor].
IValue fit(const IValue& value, const c10::TypePtr& type, c10::Device device) {
  if (value.isTensor()) return value.toTensor().to(device);
  if (const auto optional = type->cast<c10::OptionalType>())
    return value.isNone() ? value : fit(value, optional->getElementType(), device);
  if (type->kind() == c10::TypeKind::FloatType && value.isInt())
    return static_cast<double>(value.toInt());
  if (type->kind() == c10::TypeKind::TensorType && is_number(value))
    return at::scalar_tensor(
        value.toScalar(), at::TensorOptions().device(device).dtype(value.isInt()    ? at::kLong
                                                                   : value.isBool() ? at::kBool
                                                                                    : at::kFloat));
  const auto list = type->cast<c10::ListType>();
  if (list && value.isList()) return fit_list(value, *list, device);
  const auto dict = type->cast<c10::DictType>();
  if (dict && value.isGenericDict()) return fit_dict(value, *dict, device);
  const auto tuple = type->cast<c10::TupleType>();
  if (tuple && value.isTuple()) return fit_tuple(value, tuple, device);
  return value;
}

std::string found_text(const IValue& value) {
  return value.isNone() ? "None" : value.type()->annotation_str();
}

std::string wanted_text(const c10::FunctionSchema& schema) {
  std::string text;
  for (size_t i = 1; i < schema.arguments().size(); ++i)
    text += (i > 1 ? ", " : "") + schema.arguments()[i].name() + ": " +
            schema.arguments()[i].type()->annotation_str();
  return schema.name() + "(" + text + ")";
}

void check_count(const c10::FunctionSchema& schema, size_t given) {
  size_t required = 0;
  for (const auto& argument : schema.arguments()) required += argument.default_value() ? 0 : 1;
  if (given + 1 >= required && given + 1 <= schema.arguments().size()) return;
  throw Error(ErrorKind::Data, "the data has " + std::to_string(given) +
                                   " inputs, but the model wants " + wanted_text(schema));
}

bool is_collection(const c10::TypePtr& type) {
  if (const auto optional = type->cast<c10::OptionalType>())
    return is_collection(optional->getElementType());
  return type->kind() == c10::TypeKind::ListType || type->kind() == c10::TypeKind::TupleType;
}

// The method takes one list or tuple (all else has a default), and the data are tensors, of which
// none can be it: then they are its elements.
bool are_elements(const c10::FunctionSchema& schema, const std::vector<IValue>& given) {
  const auto& arguments = schema.arguments();
  if (given.empty() || arguments.size() < 2 || !is_collection(arguments[1].type())) return false;
  const auto has_default = [](const c10::Argument& argument) {
    return argument.default_value().has_value();
  };
  const auto is_tensor = [](const IValue& value) { return value.isTensor(); };
  return std::all_of(arguments.begin() + 2, arguments.end(), has_default) &&
         std::all_of(given.begin(), given.end(), is_tensor);
}

std::optional<IValue> as_collection(const c10::FunctionSchema& schema,
                                    const std::vector<IValue>& given, c10::Device device) {
  if (!are_elements(schema, given)) return std::nullopt;
  c10::impl::GenericList list(c10::AnyType::get());
  for (const auto& element : given) list.push_back(element);
  const auto& type = schema.arguments()[1].type();
  for (const IValue& whole : {IValue(list), IValue(c10::ivalue::Tuple::create(given))})
    if (IValue fitted = fit(whole, type, device); is_a(fitted, type)) return fitted;
  return std::nullopt;
}

std::vector<IValue> fit_all(const c10::FunctionSchema& schema, const std::vector<IValue>& given,
                            c10::Device device) {
  if (auto collection = as_collection(schema, given, device)) return {std::move(*collection)};
  check_count(schema, given.size());
  std::vector<IValue> fitted;
  for (size_t i = 0; i < given.size(); ++i) {
    const auto& argument = schema.arguments()[i + 1];
    fitted.push_back(fit(given[i], argument.type(), device));
    if (!fitted.back().type()->isSubtypeOf(*argument.type()))
      throw Error(ErrorKind::Data, "input " + std::to_string(i) + " is " +
                                       found_text(fitted.back()) + ", but the model wants " +
                                       wanted_text(schema));
  }
  return fitted;
}

// Tensors by the method's names for them; of a list its first.
std::vector<NamedInput> named_inputs(const c10::FunctionSchema& schema,
                                     const std::vector<IValue>& given) {
  std::vector<NamedInput> inputs;
  const bool elements = are_elements(schema, given);
  for (size_t i = 0; i < given.size(); ++i) {
    std::string name = schema.arguments()[elements ? 1 : i + 1].name();
    if (elements) name += "[" + std::to_string(i) + "]";
    const bool is_list = given[i].isList() && !given[i].toListRef().empty();
    const IValue value = is_list ? given[i].toListRef().front() : given[i];
    if (value.isTensor())
      inputs.push_back({is_list ? name + "[0]" : name, value.toTensor(), elements || is_list});
  }
  return inputs;
}

}  // namespace

std::string torchscript_cause(const std::string& traceback) {
  // The interpreter puts "RuntimeError: why" or "builtins.ValueError: why" after the lines of code.
  size_t at = std::string::npos;
  for (const char* marker : {"\nRuntimeError: ", "\nbuiltins.", "\ntorch.jit.Error: "}) {
    const auto found = traceback.rfind(marker);
    if (found != std::string::npos && (at == std::string::npos || found > at)) at = found;
  }
  auto cause = first_line(at == std::string::npos ? traceback : traceback.substr(at + 1));
  if (!cause.empty() && cause.back() == ':') cause.pop_back();  // an assert without a message
  return cause;
}

std::vector<IValue> fitted_arguments(const Module& module, const std::string& method,
                                     const std::vector<IValue>& arguments) {
  const auto& schema = module.get_method(method).function().getSchema();
  auto fitted = fit_all(schema, arguments, device_of(module));
  for (size_t i = fitted.size() + 1; i < schema.arguments().size(); ++i)
    fitted.push_back(schema.arguments()[i].default_value().value());
  return fitted;
}

IValue run_method(Module& module, const std::string& method, const std::vector<IValue>& arguments) {
  auto callable = module.get_method(method);
  auto fitted = fit_all(callable.function().getSchema(), arguments, device_of(module));
  const at::NoGradGuard no_grad;
  // The graph as it is written: no fused kernel may round otherwise, and the first batches need not
  // pay for profiling.
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  try {
    return callable(std::move(fitted));
  } catch (const std::exception& failure) {
    const std::string cause = torchscript_cause(failure.what());
    const std::string known =
        explain_failure(cause, module, named_inputs(callable.function().getSchema(), arguments));
    throw Error(ErrorKind::Data, "the model fails on this data: " + (known.empty() ? cause : known))
        .with_details(failure.what());
  }
}

}  // namespace actsparse
