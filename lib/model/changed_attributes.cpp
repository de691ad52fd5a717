#include "model/changed_attributes.h"

#include <ATen/ops/equal.h>

#include "base/error.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;

bool is_plain(const IValue& value) {
  return value.isTensor() || value.isInt() || value.isDouble() || value.isBool() ||
         value.isString() || value.isNone();
}

bool is_same(const IValue& a, const IValue& b) {
  if (a.tagKind() != b.tagKind()) return false;
  if (!a.isTensor()) return a == b;
  const auto &x = a.toTensor(), &y = b.toTensor();
  if (x.is_same(y) || !x.defined() || !y.defined()) return x.defined() == y.defined();
  return x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes() && at::equal(x, y);
}

void collect(const Module& clone, const Module& original, const std::string& prefix,
             Attributes& changed) {
  const auto type = clone.type(), original_type = original.type();
  for (size_t i = 0; i < type->numAttributes(); ++i) {
    const std::string& name = type->getAttributeName(i);
    if (type->is_parameter(i) || !original_type->hasAttribute(name)) continue;
    const IValue value = clone.attr(name), before = original.attr(name);
    if (value.isModule() && before.isModule())
      collect(value.toModule(), before.toModule(), prefix + name + ".", changed);
    else if (is_plain(value) && !is_same(value, before))
      changed.emplace_back(prefix + name, value);
  }
}

// The module that holds the attribute, and the attribute's own name.
std::pair<Module, std::string> holder_of(Module module, std::string name) {
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.')) {
    const std::string child = name.substr(0, dot);
    if (!module.hasattr(child) || !module.attr(child).isModule()) break;
    module = module.attr(child).toModule();
    name = name.substr(dot + 1);
  }
  return {module, name};
}

}  // namespace

Attributes changed_attributes(const Module& clone, const Module& original) {
  Attributes changed;
  collect(clone, original, "", changed);
  return changed;
}

void set_attributes(const Module& clone, const Attributes& attributes) {
  for (const auto& [path, value] : attributes) {
    const auto [holder, name] = holder_of(clone, path);
    const auto slot = holder.type()->findAttributeSlot(name);
    if (!slot || !value.type()->isSubtypeOf(*holder.type()->getAttribute(*slot)))
      throw Error(ErrorKind::State, "the model has no attribute '" + path + "' of this type");
    holder._ivalue()->setSlot(*slot, value.isTensor() ? IValue(value.toTensor().clone()) : value);
  }
}

}  // namespace actsparse
