#include "model/call_methods.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace actsparse {
namespace {

using torch::jit::Module;

std::string arguments_text(const c10::FunctionSchema& schema) {
  std::string text;
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    const auto& argument = schema.arguments()[i];
    text += (i > 1 ? ", " : "") + std::to_string(i - 1) + ": " + argument.name() + " (" +
            argument.type()->annotation_str() + ")";
  }
  return text.empty() ? "it has no arguments" : "its arguments are " + text;
}

std::string input_text(const InputSelector& input) {
  const auto* name = std::get_if<std::string>(&input);
  return name != nullptr ? "named '" + *name + "'" : std::to_string(std::get<int64_t>(input));
}

// Index into the schema's arguments, self counted; 0 if there is none.
size_t argument_index(const c10::FunctionSchema& schema, const InputSelector& input) {
  if (const auto* name = std::get_if<std::string>(&input)) {
    const auto index = schema.argumentIndexWithName(*name);
    return index ? static_cast<size_t>(*index) : 0;
  }
  const auto position = static_cast<size_t>(std::get<int64_t>(input)) + 1;
  return position < schema.arguments().size() ? position : 0;
}

// Why `function` cannot be observed at the site's argument; empty if it can.
std::string obstacle(const torch::jit::Function& function, const Site& site) {
  const auto& schema = function.getSchema();
  const std::string where =
      layer_text(site.layer) + ", method " + function.name() + ": input " + input_text(site.input);
  const size_t index = argument_index(schema, site.input);
  if (index == 0) return where + " does not exist; " + arguments_text(schema);
  if (schema.arguments()[index].type()->kind() == c10::TypeKind::TensorType) return "";
  return where + " is not a tensor; " + arguments_text(schema) + "; choose another with \"input\"";
}

CallMethod call_method(torch::jit::Function& function, const Site& site) {
  auto graph = torch::jit::toGraphFunction(function).graph();
  auto* input = graph->inputs().at(argument_index(function.getSchema(), site.input));
  return {function.name(), std::move(graph), input};
}

bool calls(const torch::jit::Block& block, const c10::ClassType& type, const std::string& method) {
  for (const torch::jit::Node* node : block.nodes()) {
    if (node->kind() == c10::prim::CallMethod && node->s(c10::attr::name) == method &&
        *node->inputs().at(0)->type() == type)
      return true;
    for (const torch::jit::Block* inner : node->blocks())
      if (calls(*inner, type, method)) return true;
  }
  return false;
}

bool is_called_in(const Module& model, const c10::ClassType& type, const std::string& method) {
  for (const auto& module : model.modules())
    for (auto* function : module.type()->methods())
      if (calls(*torch::jit::toGraphFunction(*function).graph()->block(), type, method))
        return true;
  return false;
}

}  // namespace

bool is_call_method(const std::string& name) {
  const std::string forward = "forward";
  if (name.compare(0, forward.size(), forward) != 0) return false;
  std::string rest = name.substr(forward.size());
  if (rest.compare(0, 2, "__") == 0) {
    rest = rest.substr(2);
    if (rest.empty()) return false;
  }
  return std::all_of(rest.begin(), rest.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool has_call_method(const Module& layer) {
  const auto& methods = layer.type()->methods();
  return std::any_of(methods.begin(), methods.end(),
                     [](const auto* method) { return is_call_method(method->name()); });
}

std::vector<CallMethod> call_methods(const Module& model, const Module& layer, const Site& site,
                                     const std::string& method) {
  std::vector<CallMethod> found;
  std::string blocked;
  for (auto* function : layer.type()->methods()) {
    const bool is_run = site.layer.empty() && function->name() == method;
    if (!is_call_method(function->name()) && !is_run) continue;
    const std::string reason = obstacle(*function, site);
    // An overload that nobody calls (nn.LSTM's for packed sequences) is no obstacle.
    if (reason.empty())
      found.push_back(call_method(*function, site));
    else if (is_run || is_called_in(model, *layer.type(), function->name()))
      throw Error(ErrorKind::Model, reason);
    else
      blocked = reason;
  }
  if (!found.empty()) return found;
  throw Error(ErrorKind::Model,
              !blocked.empty()
                  ? blocked
                  : layer_text(site.layer) +
                        " has no forward method, so nothing enters it (a container, code inlined "
                        "by its parent, or never called when the model was traced); register the "
                        "layers inside it, or take it out");
}

}  // namespace actsparse
