#include "repair/partial_graph.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "compact/nodes.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool writes(Node& node) {
  bool found = node.kind() == c10::prim::SetAttr;
  for (size_t i = 0; i < node.inputs().size(); ++i) found = found || writes_to(node, i);
  for (torch::jit::Block* block : node.blocks())
    for (Node* inner : block->nodes()) found = found || writes(*inner);
  return found;
}

std::vector<Node*> writers_before(const Values& wanted) {
  std::vector<Node*> writers;
  if (wanted.empty()) return writers;
  const auto is_needed = [&](Node* node) {
    return std::any_of(wanted.begin(), wanted.end(), [&](Value* value) {
      return value->node()->kind() != c10::prim::Param && node->isBefore(value->node());
    });
  };
  for (Node* node : wanted.front()->owningGraph()->block()->nodes())
    if (writes(*node) && is_needed(node)) writers.push_back(node);
  return writers;
}

// The nodes that must run before `wanted` are there, given what `known` holds, in their order.
// Where values are written to, everything that writes before the last of them runs, too.
std::vector<Node*> nodes_before(const Values& wanted, const std::set<Value*>& known) {
  std::set<Node*> found;
  std::vector<Value*> open = wanted;
  for (Node* writer : writers_before(wanted)) {
    found.insert(writer);
    for (Value* read : values_read(*writer)) open.push_back(read);
  }
  while (!open.empty()) {
    Value* const value = open.back();
    open.pop_back();
    Node* const node = value->node();
    if (known.count(value) != 0 || !found.insert(node).second) continue;
    if (node->kind() == c10::prim::Param)
      throw Error(ErrorKind::Internal, "a part of a graph lacks one of its inputs");
    for (Value* read : values_read(*node)) open.push_back(read);
  }
  std::vector<Node*> nodes(found.begin(), found.end());
  std::sort(nodes.begin(), nodes.end(), [](Node* a, Node* b) { return a->isBefore(b); });
  return nodes;
}

bool is_read_from(const Value& value, Node& node) {
  return std::any_of(value.uses().begin(), value.uses().end(), [&](const torch::jit::Use& use) {
    Node* const user = outermost(use.user);
    return user == &node || !user->isBefore(&node);
  });
}

}  // namespace

Values joined(Values first, const Values& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

bool has_writes(torch::jit::Graph& graph) {
  for (Node* node : graph.block()->nodes())
    if (writes(*node)) return true;
  return false;
}

Values alive_before(torch::jit::Graph& graph, Node& node) {
  Values alive;
  for (Value* input : graph.inputs())
    if (is_read_from(*input, node)) alive.push_back(input);
  for (Node* before : graph.block()->nodes()) {
    if (before == &node) break;
    if (before->kind() == c10::prim::Constant) continue;
    for (Value* output : before->outputs())
      if (is_read_from(*output, node)) alive.push_back(output);
  }
  return alive;
}

PartialGraph::PartialGraph(const Values& known, const Values& wanted) {
  std::unordered_map<Value*, Value*> copies;
  for (Value* value : known) copies[value] = graph_->addInput()->setType(value->type());
  for (Node* node : nodes_before(wanted, {known.begin(), known.end()})) {
    nodes_.insert(node);
    Node* const copy = graph_->appendNode(
        graph_->createClone(node, [&](Value* value) { return copies.at(value); }));
    for (size_t i = 0; i < node->outputs().size(); ++i)
      copies.emplace(node->outputs()[i], copy->outputs()[i]);
  }
  for (Value* value : wanted) graph_->registerOutput(copies.at(value));
  code_ = std::make_unique<torch::jit::Code>(graph_, "part");
}

bool PartialGraph::has(const std::set<const Node*>& nodes) const {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const Node* node) { return nodes_.count(node) != 0; });
}

std::vector<c10::IValue> PartialGraph::run(std::vector<c10::IValue> known) const try {
  torch::jit::InterpreterState(*code_).run(known);
  return known;
} catch (const Error&) {
  throw;
} catch (const std::exception& failure) {
  throw Error(ErrorKind::Data, "the model fails on this data: " + torchscript_cause(failure.what()))
      .with_details(failure.what());
}

}  // namespace actsparse
