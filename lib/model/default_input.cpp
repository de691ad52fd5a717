#include "model/default_input.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/nearest.h"
#include "model/call_methods.h"
#include "model/layer_owner.h"
#include "model/layer_tree.h"

namespace actsparse {
namespace {

using torch::jit::Module;

struct CalledMethod {
  const c10::FunctionSchema* schema;
  const std::vector<CallArgument>* given;
};
using CalledMethods = std::vector<CalledMethod>;

CalledMethods called_methods(const Module& layer, const CallArguments& arguments,
                             const std::string& also) {
  CalledMethods called;
  for (const auto* method : layer.type()->methods()) {
    if (!is_call_method(method->name()) && method->name() != also) continue;
    const auto found = arguments.find({layer._ivalue().get(), method->name()});
    if (found != arguments.end()) called.push_back({&method->getSchema(), &found->second});
  }
  return called;
}

bool holds_tensors(const c10::TypePtr& type) {
  if (type->kind() == c10::TypeKind::TensorType || type->kind() == c10::TypeKind::AnyType)
    return true;
  if (type->is_module() || type->cast<c10::ClassType>()) return !type->is_module();
  const auto inner = type->containedTypes();
  return std::any_of(inner.begin(), inner.end(), holds_tensors);
}

// Positions with self, in all methods.
std::vector<size_t> candidates(const CalledMethods& methods) {
  std::vector<size_t> found;
  const auto takes = [](const CalledMethod& method, size_t i) {
    return i < method.schema->arguments().size() &&
           holds_tensors(method.schema->arguments()[i].type());
  };
  for (size_t i = 1; i < methods.front().schema->arguments().size(); ++i)
    if (std::all_of(methods.begin(), methods.end(), [&](const auto& m) { return takes(m, i); }))
      found.push_back(i);
  return found;
}

bool is_own(const Module& model, const Module& layer, const CallArgument& argument) {
  std::vector<at::Tensor> own;
  for (const auto& tensor : layer.parameters()) own.push_back(tensor);
  for (const auto& tensor : layer.buffers()) own.push_back(tensor);
  for (const auto& path : argument.attributes) {
    const size_t dot = path.rfind('.');
    const auto owner = find_layer(model, dot == std::string::npos ? "" : path.substr(0, dot));
    const auto value = owner.attr(path.substr(dot + 1));
    for (const auto& tensor : own)
      if (value.isTensor() && tensor.defined() && value.toTensor().is_alias_of(tensor)) return true;
  }
  return false;
}

std::string argument_text(const CalledMethod& method, size_t index) {
  const auto& argument = method.schema->arguments()[index];
  std::string text =
      std::to_string(index - 1) + ": " + argument.name() + " (" + argument.type()->annotation_str();
  const auto& given = method.given->at(index);
  const auto& names = given.attributes;
  if (!given.varies && holds_tensors(argument.type()))
    text +=
        names.empty() ? ", a constant" : ", always " + quoted_list({names.begin(), names.end()});
  return text + ")";
}

[[noreturn]] void refuse(const std::string& layer, const CalledMethods& methods) {
  std::string text;
  for (const auto& method : methods) {
    text += (text.empty() ? "" : "; ") + method.schema->name() + "(";
    for (size_t i = 1; i < method.schema->arguments().size(); ++i)
      text += (i > 1 ? ", " : "") + argument_text(method, i);
    text += ")";
  }
  throw Error(ErrorKind::Model,
              layer_text(layer) +
                  ": no argument holds activations in every call, only parameters, buffers and "
                  "constants do: " +
                  text + "; choose one with \"input\", or take the layer out");
}

}  // namespace

int64_t DefaultInputs::of(const std::string& name) {
  if (!arguments_) arguments_ = call_arguments(session_.model);
  const LayerOwner owner = find_owner(session_.model, name);
  if (!owner.parameter.empty()) return 0;
  const Module& layer = owner.module;
  const auto methods = called_methods(layer, *arguments_, name.empty() ? session_.method : "");
  if (methods.empty()) return 0;
  const auto places = candidates(methods);
  const auto varies = [&](size_t place) {
    return std::all_of(methods.begin(), methods.end(),
                       [&](const auto& method) { return method.given->at(place).varies; });
  };
  const auto found = std::find_if(places.begin(), places.end(), varies);
  if (found != places.end()) return static_cast<int64_t>(*found) - 1;
  if (places.empty()) return 0;  // what there is instead is told when it is registered
  const bool own = std::any_of(methods.begin(), methods.end(), [&](const auto& method) {
    return is_own(session_.model, layer, method.given->at(places.front()));
  });
  if (places.size() == 1 && !own) return static_cast<int64_t>(places.front()) - 1;
  refuse(name, methods);
}

InputSelector DefaultInputs::of(const std::string& layer,
                                const std::optional<InputSelector>& given) {
  return given ? *given : InputSelector(of(layer));
}

}  // namespace actsparse
