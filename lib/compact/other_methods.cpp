#include "compact/other_methods.h"

#include <spdlog/fmt/fmt.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "compact/compare.h"
#include "compact/flat_model.h"
#include "compact/nodes.h"
#include "model/inline_calls.h"
#include "model/layer_tree.h"
#include "model/run_clone.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;
using torch::jit::Node;
using Values = std::vector<IValue>;

// An operator with the constants that it reads, wherever these stand.
std::string node_text(const Node& node) {
  std::ostringstream text;
  text << node.kind().toQualString();
  for (const auto* input : node.inputs())
    if (const auto value = torch::jit::toIValue(input); value && !value->isTensor())
      text << ' ' << *value;
  if (node.kind() == c10::prim::GetAttr) text << ' ' << node.s(c10::attr::name);
  return text.str();
}

// What a method computes, and with which tensors of its model.
struct Code {
  std::vector<std::string> nodes;
  std::vector<at::Tensor> tensors;
};

void note_attribute(const Node& node, const Module& model, Code& code) {
  const auto owner = attribute_path(node.input());
  if (!owner || !node.output()->type()->isSubtypeOf(*c10::TensorType::get())) return;
  code.tensors.push_back(find_layer(model, *owner).attr(node.s(c10::attr::name)).toTensor());
}

Code code_of(const Module& model, const std::string& method) {
  const auto graph = model.get_method(method).graph()->copy();
  inline_calls(*graph);
  Code code;
  for_each_node(*graph->block(), [&](const Node& node) {
    if (node.kind() == c10::prim::Constant) return;
    code.nodes.push_back(node_text(node));
    if (node.kind() == c10::prim::GetAttr) note_attribute(node, model, code);
  });
  return code;
}

bool is_same(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || a.is_same(b) || a.equal(b));
}

bool is_untouched(const Module& masked, const Module& small, const std::string& method) {
  const Code a = code_of(masked, method), b = code_of(small, method);
  return a.nodes == b.nodes && std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(),
                                          b.tensors.end(), is_same);
}

// A tuple is several arguments.
Values as_arguments(const IValue& returned) {
  return returned.isTuple() ? returned.toTupleRef().elements().vec() : Values{returned};
}

bool fits(const IValue& value, const c10::TypePtr& type) {
  return value.type()->isSubtypeOf(*type) || value.type()->kind() == type->kind();
}

// What an argument gets for which there is no value; nothing if none can be made up.
std::optional<IValue> made_up(const c10::Argument& argument) {
  if (argument.default_value()) return *argument.default_value();
  switch (argument.type()->kind()) {
    case c10::TypeKind::IntType:
      return IValue(2);
    case c10::TypeKind::FloatType:
      return IValue(1.0);
    case c10::TypeKind::BoolType:
      return IValue(false);
    case c10::TypeKind::OptionalType:
      return IValue();
    default:
      return std::nullopt;
  }
}

// The method's arguments: `values` in their order, as far as they fit.
std::optional<Values> arguments_of(const Session& session, const Values& values) {
  const auto& schema = session.model.get_method(session.method).function().getSchema();
  Values arguments;
  auto next = values.begin();
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    const c10::Argument& argument = schema.arguments()[i];
    if (next != values.end() && fits(*next, argument.type())) {
      arguments.push_back(*next++);
    } else if (const auto value = made_up(argument)) {
      arguments.push_back(*value);
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

// The first arguments, made of one of `candidates`, that the method takes, and what it returns.
struct Call {
  Values arguments;
  IValue returned;
};

std::optional<Call> find_call(const Session& session, const std::vector<Values>& candidates) {
  for (const auto& values : candidates) try {
      if (const auto arguments = arguments_of(session, values))
        return Call{*arguments, run_clone(session, *arguments)};
    } catch (const Error&) {
      // not an input of this method
    }
  return std::nullopt;
}

std::string doubt(const Session& masked, const Module& small, const Values& arguments,
                  double tolerance) {
  try {
    const Difference difference = compare_outputs(masked, small, arguments);
    if (difference.relative <= tolerance) return "";
    return fmt::format("gives other answers than the masked model's (difference {:.2g})",
                       difference.relative);
  } catch (const Error& error) {
    return std::string("is not the masked model's: ") + error.what();
  }
}

std::string sentence(const std::string& method, const std::string& doubt,
                     const std::string& compacted) {
  return fmt::format(
      "method '{}' of the small model {}; the model was compacted for '{}' alone: call no other "
      "method of it, or compact it once more for '{}' (model.method)",
      method, doubt, compacted, method);
}

}  // namespace

std::vector<std::string> doubts_about_methods(const Session& masked, const Module& small,
                                              const std::vector<IValue>& batch, double tolerance) {
  std::vector<std::string> left;
  for (const auto& method : small.get_methods())
    if (method.name() != masked.method && method.name().rfind("__", 0) != 0 &&
        masked.model.find_method(method.name()) &&
        !is_untouched(masked.model, small, method.name()))
      left.push_back(method.name());
  if (left.empty()) return {};
  Session session = in_eval_mode(masked);
  std::vector<Values> candidates = {batch, as_arguments(run_clone(session, batch))};
  std::vector<std::string> doubts;
  const auto compare_one = [&](const std::string& name) {
    session.method = name;
    const auto call = find_call(session, candidates);
    if (!call) return false;
    candidates.push_back(as_arguments(call->returned));
    if (tensors_in(call->returned).empty()) return false;
    if (const auto found = doubt(session, small, call->arguments, tolerance); !found.empty())
      doubts.push_back(sentence(name, found, masked.method));
    return true;
  };
  // What one returns may be what another one, compared already, would have taken: once more.
  for (int round = 0; round < 2; ++round)
    left.erase(std::remove_if(left.begin(), left.end(), compare_one), left.end());
  for (const auto& name : left)
    doubts.push_back(sentence(
        name, "could not be compared with the masked model's, for want of arguments that it takes",
        masked.method));
  return doubts;
}

}  // namespace actsparse
