#include "model/layer_tree.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/nearest.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using FirstNames = std::map<const c10::ivalue::Object*, std::string>;

void walk(const Module& module, const std::string& name, FirstNames& first_names,
          std::vector<Layer>& layers) {
  const auto [first, is_new] = first_names.emplace(module._ivalue().get(), name);
  const std::string qualified = module.type()->name()->qualifiedName();
  layers.push_back({name, short_type(qualified), qualified, is_new ? "" : first->second, module});
  for (const auto& child : module.named_children())
    walk(child.value, name.empty() ? child.name : name + "." + child.name, first_names, layers);
}

// Null if there is no such submodule.
c10::intrusive_ptr<c10::ivalue::Object> child_of(
    const c10::intrusive_ptr<c10::ivalue::Object>& object, const std::string& name) {
  const auto slot = object->type()->findAttributeSlot(name);
  if (!slot || !object->getSlot(*slot).isModule()) return {};
  return object->getSlot(*slot).toObject();
}

std::vector<std::string> names_of(const std::vector<Layer>& layers) {
  std::vector<std::string> names;
  for (const auto& layer : layers) names.push_back(layer.name);
  return names;
}

}  // namespace

std::string short_type(const std::string& qualified_type) {
  const auto dot = qualified_type.rfind('.');
  return dot == std::string::npos ? qualified_type : qualified_type.substr(dot + 1);
}

std::vector<Layer> list_layers(const Module& model) {
  FirstNames first_names;
  std::vector<Layer> layers;
  walk(model, "", first_names, layers);
  return layers;
}

Module find_layer(const Module& model, const std::string& name) {
  auto object = model._ivalue();
  for (size_t begin = 0; begin < name.size() && object;) {  // attribute names hold no dots
    const size_t end = std::min(name.find('.', begin), name.size());
    object = child_of(object, name.substr(begin, end - begin));
    begin = end + 1;
  }
  if (object && (name.empty() || name.back() != '.')) return Module(object);
  throw Error(ErrorKind::Model, "no layer is named '" + name + "'" +
                                    did_you_mean(name, names_of(list_layers(model))) +
                                    " ('actsparse inspect MODEL' lists the layers)");
}

std::string layer_name(const Module& model, const Module& layer) {
  for (const auto& candidate : list_layers(model))
    if (candidate.module._ivalue() == layer._ivalue()) return candidate.name;
  throw Error(ErrorKind::Model, "layer not found in the specified model");
}

}  // namespace actsparse
