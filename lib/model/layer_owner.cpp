#include "model/layer_owner.h"

#include "base/error.h"
#include "model/layer_tree.h"

namespace actsparse {
namespace {

using torch::jit::Module;

const std::string parameter_suffix = "_weight";

bool is_parameter(const c10::ivalue::Object& owner, const std::string& name) {
  const auto slot = owner.type()->findAttributeSlot(name);
  return slot && owner.type()->is_parameter(*slot) && owner.getSlot(*slot).isTensor() &&
         owner.getSlot(*slot).toTensor().defined();
}

// The parameter that a use is named after; empty if there is none.
std::string parameter_named(const c10::ivalue::Object& owner, const std::string& use) {
  for (const std::string& name : {use + parameter_suffix, use})
    if (is_parameter(owner, name)) return name;
  return "";
}

bool is_layer(const Module& model, const std::string& name) {
  const size_t dot = name.rfind('.');
  if (name.empty()) return true;
  if (dot != std::string::npos && !is_layer(model, name.substr(0, dot))) return false;
  const Module owner = find_layer(model, dot == std::string::npos ? "" : name.substr(0, dot));
  const std::string leaf = dot == std::string::npos ? name : name.substr(dot + 1);
  return owner.hasattr(leaf) && owner.attr(leaf).isModule();
}

}  // namespace

LayerOwner find_owner(const Module& model, const std::string& name) {
  const size_t dot = name.rfind('.');
  const std::string parent = dot == std::string::npos ? "" : name.substr(0, dot),
                    leaf = dot == std::string::npos ? name : name.substr(dot + 1);
  if (!is_layer(model, name) && !leaf.empty() && is_layer(model, parent)) {
    const Module owner = find_layer(model, parent);
    const std::string parameter = parameter_named(*owner._ivalue(), leaf);
    if (!parameter.empty()) return {owner, parameter, leaf};
  }
  return {find_layer(model, name)};
}

std::string use_named(const c10::ivalue::Object& owner, const std::string& parameter) {
  const size_t size = parameter.size(), suffix = parameter_suffix.size();
  if (size <= suffix || parameter.compare(size - suffix, suffix, parameter_suffix) != 0)
    return parameter;
  const std::string name = parameter.substr(0, size - suffix);
  return owner.type()->findAttributeSlot(name) ? parameter : name;
}

}  // namespace actsparse
