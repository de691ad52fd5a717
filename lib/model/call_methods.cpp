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

CallMethod call_method(torch::jit::Function& function, const Site& site) {
  const auto& schema = function.getSchema();
  const std::string where =
      "layer '" + site.layer + "', method " + function.name() + ": input " + input_text(site.input);
  const size_t index = argument_index(schema, site.input);
  if (index == 0)
    throw Error(ErrorKind::Model, where + " does not exist; " + arguments_text(schema));
  if (schema.arguments()[index].type()->kind() != c10::TypeKind::TensorType)
    throw Error(ErrorKind::Model, where + " is not a tensor; " + arguments_text(schema) +
                                      "; choose another with \"input\"");
  auto graph = torch::jit::toGraphFunction(function).graph();
  return {function.name(), graph, graph->inputs().at(index)};
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

std::vector<CallMethod> call_methods(const Module& layer, const Site& site,
                                     const std::string& method) {
  std::vector<CallMethod> found;
  for (auto* function : layer.type()->methods())
    if (is_call_method(function->name()) || (site.layer.empty() && function->name() == method))
      found.push_back(call_method(*function, site));
  if (found.empty())
    throw Error(ErrorKind::Model,
                "layer '" + site.layer +
                    "' has no forward method, so nothing enters it (a container, or code "
                    "inlined by its parent); register the layers inside it");
  return found;
}

}  // namespace actsparse
