#include "compact/in_place.h"

#include <torch/csrc/jit/passes/remove_mutation.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "compact/nodes.h"
#include "compact/numbered_model.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

c10::Symbol read_elsewhere() {
  static const auto symbol = c10::Symbol::attr("actsparse_read_elsewhere");
  return symbol;
}

c10::Symbol was_there() {
  static const auto symbol = c10::Symbol::attr("actsparse_was_there");
  return symbol;
}

// What must be remembered of an in-place operator, as the pass may replace it next.
struct InPlace {
  explicit InPlace(const Node& node)
      : kind(node.kind().toQualString()), written(node.inputs().at(0)), number(number_of(node)) {
    const auto& uses = written->uses();
    is_read_elsewhere = std::any_of(uses.begin(), uses.end(), [&](const torch::jit::Use& use) {
      return use.user != &node && use.user->isAfter(&node);
    });
  }

  // Finds the replacement among the readers, as the one that was not there before, and marks it.
  void mark_replacement() const {
    for (const auto& use : written->uses()) {
      if (use.user->hasAttribute(was_there())) continue;
      use.user->i_(was_there(), 1);
      if (use.user->kind().toQualString() + std::string("_") != kind) continue;
      use.user->i_(read_elsewhere(), is_read_elsewhere);
      if (number) set_number(*use.user, *number);
    }
  }

  std::string kind;
  const Value* written;
  std::optional<size_t> number;
  bool is_read_elsewhere;
};

Node& in_place_form(Node& node) {
  Node* const other = node.owningGraph()->create(
      c10::Symbol::fromQualString(node.kind().toQualString() + std::string("_")), node.inputs());
  other->insertBefore(&node)->output()->setType(node.output()->type());
  other->copyMetadata(&node);
  return *other;
}

}  // namespace

void remove_in_place(const std::shared_ptr<Graph>& graph) {
  for_each_node(*graph->block(), [](Node& node) {
    if (node.kind() != c10::prim::Constant) node.i_(was_there(), 1);
  });
  std::optional<InPlace> last;  // the pass asks for each node in turn, and moves others about
  const auto mark_replacement = [&] {
    if (last) last->mark_replacement();
    last.reset();
  };
  torch::jit::RemoveTensorMutation(graph, [&](Node* node) {
    mark_replacement();
    if (writes_to(*node, 0)) last.emplace(*node);
    return true;
  });
  mark_replacement();
  for_each_node(*graph->block(), [](Node& node) {
    if (node.hasAttribute(was_there())) node.removeAttribute(was_there());
  });
}

bool was_in_place(const Node& node) { return node.hasAttribute(read_elsewhere()); }

bool is_read_elsewhere(const Node& node) {
  return was_in_place(node) && node.i(read_elsewhere()) != 0;
}

bool is_private(const Value& value) {
  const auto* const schema = value.node()->maybeSchema();
  return value.uses().size() == 1 && schema != nullptr && value.node()->blocks().empty() &&
         schema->returns().size() > value.offset() &&
         schema->returns()[value.offset()].alias_info() == nullptr;
}

void restore_in_place(Graph& graph) {
  std::vector<Node*> restored;  // found before any is: what one gives is then no new memory
  for_each_node(*graph.block(), [&](Node& node) {
    if (!was_in_place(node)) return;
    node.removeAttribute(read_elsewhere());
    if (is_private(*node.inputs().at(0))) restored.push_back(&node);
  });
  for (Node* node : restored) {
    node->output()->replaceAllUsesWith(in_place_form(*node).output());
    node->destroy();
  }
}

}  // namespace actsparse
