#include "exported/splice_regions.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace actsparse::exported {
namespace {

constexpr const char* region = "torch.ops.higher_order.wrap_with_set_grad_enabled";

using Names = std::map<std::string, Argument>;

Argument renamed(const Argument& argument, const Names& names) {
  Argument out = argument;
  if (argument.is_value())
    if (const auto found = names.find(argument.name); found != names.end()) return found->second;
  for (auto& item : out.items) item = renamed(item, names);
  return out;
}

// Results of a region stand in one list, or side by side.
std::vector<Argument> flat(const std::vector<Argument>& arguments) {
  std::vector<Argument> out;
  for (const auto& argument : arguments) {
    if (argument.kind == Argument::Kind::List)
      out.insert(out.end(), argument.items.begin(), argument.items.end());
    else
      out.push_back(argument);
  }
  return out;
}

// (enabled, graph, values...)
void splice(const ProgramNode& node, size_t number, std::vector<ProgramNode>& out) {
  if (node.inputs.size() < 2 || node.inputs[1].argument.kind != Argument::Kind::Graph)
    throw std::runtime_error("a no_grad region is damaged");
  ProgramGraph inner = *node.inputs[1].argument.graph;
  splice_regions(inner);
  if (inner.inputs.size() != node.inputs.size() - 2)
    throw std::runtime_error("a no_grad region takes other values than it is given");
  Names names;
  for (size_t i = 0; i < inner.inputs.size(); ++i)
    names[inner.inputs[i].name] = node.inputs[i + 2].argument;
  const std::string prefix = "region" + std::to_string(number) + "_";
  const std::function<Argument(const Argument&)> made = [&](const Argument& output) {
    Argument own = output;
    if (own.is_value()) own.name = prefix + output.name;
    for (auto& item : own.items) item = made(item);
    if (output.is_value()) names[output.name] = own;
    return own;
  };
  for (const auto& from : inner.nodes) {
    ProgramNode copy = from;
    for (auto& input : copy.inputs) input.argument = renamed(input.argument, names);
    for (auto& output : copy.outputs) output = made(output);
    if (copy.stack.empty()) copy.stack = node.stack;
    out.push_back(std::move(copy));
  }
  const auto results = flat(inner.outputs), wanted = flat(node.outputs);
  for (size_t i = 0; i < std::min(results.size(), wanted.size()); ++i) {
    if (!wanted[i].is_value()) continue;
    ProgramNode alias;  // the result under its outer name
    alias.target = same_value;
    alias.inputs = {{"self", renamed(results[i], names)}};
    alias.outputs = {wanted[i]};
    alias.stack = node.stack;
    out.push_back(std::move(alias));
  }
}

}  // namespace

void splice_regions(ProgramGraph& graph) {
  std::vector<ProgramNode> nodes;
  for (auto& node : graph.nodes) {
    if (node.target == region)
      splice(node, nodes.size(), nodes);
    else
      nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
}

}  // namespace actsparse::exported
