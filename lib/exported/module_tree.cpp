#include "exported/module_tree.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <stdexcept>

namespace actsparse::exported {
namespace {

using torch::jit::Module;

// Python's class as TorchScript calls it: "__torch__.torch.nn.modules.conv.Conv2d".
c10::QualifiedName class_name(const std::string& python) {
  std::vector<std::string> atoms = {"__torch__"};
  for (std::string atom : parts_of(python)) {
    if (atom == "__main__") continue;
    for (char& c : atom)
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') c = '_';
    if (atom.empty() || std::isdigit(static_cast<unsigned char>(atom.front())) != 0)
      atom.insert(0, "_");
    atoms.push_back(atom);
  }
  return c10::QualifiedName(atoms);
}

void collect_classes(const Call& call, std::map<std::string, std::string>& types) {
  types.emplace(call.fqn, call.type);
  for (const auto& inner : call.inner) collect_classes(inner, types);
}

// In the model's order, parents first; those that the program does not list but its tensors need
// are among them.
std::vector<std::string> all_modules(const Program& program, const Archive& archive) {
  std::vector<std::string> all = {""};
  std::set<std::string> known = {""};
  const std::function<void(const std::string&)> add = [&](const std::string& fqn) {
    if (!known.insert(fqn).second) return;
    add(split_fqn(fqn).first);
    all.push_back(fqn);
  };
  for (const auto& fqn : program.modules) add(fqn);
  for (const auto& [fqn, tensor] : archive.tensors) add(split_fqn(fqn).first);
  for (const auto& input : program.inputs)
    if (input.kind == InputSpec::Kind::Buffer || input.kind == InputSpec::Kind::Parameter)
      add(split_fqn(input.target).first);
  return all;
}

at::Tensor tensor_of(const Archive& archive, const std::string& name) {
  for (const auto* tensors : {&archive.tensors, &archive.constants})
    if (const auto found = tensors->find(name); found != tensors->end()) return found->second;
  throw std::runtime_error("it lacks the tensor '" + name + "'");
}

}  // namespace

std::pair<std::string, std::string> split_fqn(const std::string& fqn) {
  const size_t dot = fqn.rfind('.');
  if (dot == std::string::npos) return {"", fqn};
  return {fqn.substr(0, dot), fqn.substr(dot + 1)};
}

std::vector<std::string> parts_of(const std::string& fqn) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= fqn.size() && !fqn.empty();) {
    const size_t end = std::min(fqn.find('.', begin), fqn.size());
    parts.push_back(fqn.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

ModuleTree::ModuleTree(const Program& program, const Archive& archive, const Call& calls)
    : unit_(std::make_shared<torch::jit::CompilationUnit>()) {
  std::map<std::string, std::string> types;
  collect_classes(calls, types);
  for (const auto& fqn : all_modules(program, archive)) {
    const auto type = types.find(fqn);
    add_module(fqn, type == types.end() || type->second.empty() ? "Module" : type->second);
  }
  std::map<void*, std::vector<std::string>> same;  // FQNs of one tensor
  for (const auto& [fqn, tensor] : archive.tensors)
    same[tensor.unsafeGetTensorImpl()].push_back(fqn);
  std::set<std::string> added;
  for (const auto& input : program.inputs) {
    if (input.kind == InputSpec::Kind::Constant)
      constants_[input.name] = tensor_of(archive, input.target);
    if (input.kind != InputSpec::Kind::Parameter && input.kind != InputSpec::Kind::Buffer) continue;
    const at::Tensor tensor = tensor_of(archive, input.target);
    const bool is_parameter = input.kind == InputSpec::Kind::Parameter;
    auto& places = places_[input.name];
    places = same[tensor.unsafeGetTensorImpl()];
    if (places.empty()) places = {input.target};
    for (const auto& place : places)
      if (added.insert(place).second) add_tensor(place, tensor, is_parameter, input.is_persistent);
  }
}

void ModuleTree::add_module(const std::string& fqn, const std::string& type) {
  Module module(class_name(type), unit_, /*shouldMangle=*/true);
  module.register_attribute("training", c10::BoolType::get(), false);
  if (!fqn.empty()) {
    const auto [parent, name] = split_fqn(fqn);
    modules_.at(parent).register_module(name, module);
  }
  modules_.emplace(fqn, module);
}

void ModuleTree::add_tensor(const std::string& fqn, const at::Tensor& tensor, bool is_parameter,
                            bool is_persistent) {
  const auto [parent, name] = split_fqn(fqn);
  Module& module = modules_.at(parent);
  if (is_parameter)
    module.register_parameter(name, tensor, /*is_buffer=*/false);
  else if (is_persistent)
    module.register_buffer(name, tensor);
  else
    module.register_attribute(name, c10::TensorType::get(), tensor);
}

std::vector<std::string> ModuleTree::path_to(const std::string& name,
                                             const std::string& fqn) const {
  for (const auto& place : places_.at(name)) {
    if (fqn.empty()) return parts_of(place);
    if (place.compare(0, fqn.size() + 1, fqn + ".") == 0)
      return parts_of(place.substr(fqn.size() + 1));
  }
  return {};
}

at::Tensor ModuleTree::constant(const std::string& name) const {
  const auto found = constants_.find(name);
  return found == constants_.end() ? at::Tensor() : found->second;
}

}  // namespace actsparse::exported
