#include "compact/numbered_model.h"

#include <torch/csrc/jit/api/function_impl.h>

#include <set>

#include "compact/nodes.h"
#include "model/own_types.h"
#include "model/slow_path.h"

namespace actsparse {
namespace {

using torch::jit::Block;
using torch::jit::Module;
using torch::jit::Node;

c10::Symbol number_attribute() {
  static const auto symbol = c10::Symbol::attr("actsparse_number");
  return symbol;
}

std::vector<std::string> names_of_all(const Module& model) {
  std::vector<std::string> names;
  for (const auto& named : model.named_modules()) names.push_back(named.name);
  return names;
}

// Inlines calls of functions (not methods); true if there were any, as these may have called
// others.
bool inline_functions(Block& block) {
  bool found = false;
  for_each_node(block, [&](Node& node) {
    if (node.kind() != c10::prim::CallFunction) return;
    const auto type = node.inputs().at(0)->type()->cast<c10::FunctionType>();
    auto* const function = type ? torch::jit::tryToGraphFunction(*type->function()) : nullptr;
    if (function == nullptr) return;
    node.removeInput(0);
    torch::jit::inlineCallTo(&node, function);
    found = true;
  });
  return found;
}

}  // namespace

NumberedModel number_nodes(const Module& model) {
  NumberedModel numbered{slow_clone(model), {}};
  std::set<const c10::ivalue::Object*> seen;  // a module may stand under several names
  for (const Module& module : numbered.module.modules()) {
    if (!seen.insert(module._ivalue().get()).second) continue;
    for (const auto& method : module.get_methods()) {
      auto& graph = *torch::jit::toGraphFunction(method.function()).graph();
      while (inline_functions(*graph.block())) continue;
      for_each_node(*graph.block(), [&](Node& node) {
        if (node.kind() == c10::prim::Constant) return;  // None is one without any attribute
        set_number(node, numbered.origins.size());
        numbered.origins.push_back({&node, module});
      });
    }
  }
  return numbered;
}

std::optional<size_t> number_of(const Node& node) {
  if (!node.hasAttribute(number_attribute())) return std::nullopt;
  return static_cast<size_t>(node.i(number_attribute()));
}

void set_number(Node& node, size_t number) {
  node.i_(number_attribute(), static_cast<int64_t>(number));
}

Module without_numbers(const NumberedModel& model) {
  for (const Module& module : model.module.modules())
    for (const auto& method : module.get_methods())
      for_each_node(*torch::jit::toGraphFunction(method.function()).graph()->block(),
                    [](Node& node) {
                      if (number_of(node)) node.removeAttribute(number_attribute());
                    });
  return clone_with_own_types(model.module, names_of_all(model.module));
}

}  // namespace actsparse
