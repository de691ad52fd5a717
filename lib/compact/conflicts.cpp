#include "compact/conflicts.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <set>

#include "compact/in_place.h"
#include "compact/nodes.h"
#include "model/layer_tree.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// The value that a change replaces by another, if that is what it does; null otherwise.
const Value* changed_value(const Node& node, const Change& change) {
  if (change.kind == Change::Kind::Input) return node.inputs().at(change.place);
  if (change.kind != Change::Kind::Element) return nullptr;
  return node.inputs().at(change.place)->node()->inputs().at(change.element);
}

// A tensor of a module. The module is told by its object: it may stand under several names.
using Place = std::pair<const c10::ivalue::Object*, std::string>;

Place place_of(const Module& model, const std::string& path) {
  const auto [owner, name] = owner_and_name(path);
  return {find_layer(model, owner)._ivalue().get(), name};
}

// The changes of each node that are made in its code, not in a tensor.
std::map<const Node*, std::vector<Change>> changes_of_code(const FlatModel& flat,
                                                           const Changes& changes) {
  std::map<const Node*, std::vector<Change>> of_code;
  for (const auto& [node, change] : changes)
    if (changed_tensor(flat, *node, change) == nullptr) of_code[node].push_back(change);
  return of_code;
}

// The named tensors that a node reads, itself or in a list.
std::vector<const Value*> tensors_read(const FlatModel& flat, const Node& node) {
  std::vector<const Value*> found;
  for (const Value* input : node.inputs()) {
    if (flat.name_of(*input) != nullptr) found.push_back(input);
    if (input->node()->kind() == c10::prim::ListConstruct)
      for (const Value* element : input->node()->inputs())
        if (flat.name_of(*element) != nullptr) found.push_back(element);
  }
  return found;
}

at::Tensor tensor_of(const Value& constant) { return torch::jit::toIValue(&constant)->toTensor(); }

// The flat graph may show a list's elements where the module's code does not: it is passed as an
// argument there, say. Whether the code shows those of all lists that change.
bool has_lists(const Node& origin, const std::vector<Change>& changes) {
  return std::all_of(changes.begin(), changes.end(), [&](const Change& change) {
    if (change.kind == Change::Kind::Element)
      return has_elements(*origin.inputs().at(change.place));
    return change.kind != Change::Kind::Numbers || has_elements(*origin.output());
  });
}

// Whether the node itself then gives (or writes in place) something else, and does not only read
// another weight or size.
bool changes_result(const Change& change) {
  if (change.kind == Change::Kind::IndexSelect) return change.place == 0;
  return change.kind != Change::Kind::Input && change.kind != Change::Kind::Element;
}

class Conflicts {
 public:
  Conflicts(const NumberedModel& model, const FlatModel& flat, const std::vector<Node*>& nodes,
            const Changes& changes)
      : model_(model), flat_(flat), nodes_(nodes), changes_(changes) {}

  PinnedNodes find() {
    find_code();
    find_tensors();
    return std::move(found_);
  }

 private:
  // All nodes of the flat graph that come from one node of a module, by its number. Those in
  // branches and loops count too: nothing is changed there, so they conflict with copies that
  // change.
  std::map<size_t, std::vector<const Node*>> copies_of_code() const {
    std::map<size_t, std::vector<const Node*>> copies;
    const auto note = [&](const Node& node) {
      if (const auto number = number_of(node)) copies[*number].push_back(&node);
    };
    for (const Node* node : nodes_) note(*node);
    for_each_node(*flat_.graph->block(), [&](const Node& node) {
      if (node.owningBlock() != flat_.graph->block()) note(node);
    });
    return copies;
  }

  void find_code() {
    const auto of_code = changes_of_code(flat_, changes_);
    const auto copies = copies_of_code();
    for (const auto& [node, list] : of_code) {
      const auto number = number_of(*node);
      if (!number) {
        found_[node] = "it is not code of a module";
        continue;
      }
      if (!has_lists(*model_.origins.at(*number).node, list))
        found_[node] = "the list that it reads is not made there";
      if (is_read_elsewhere(*node) && std::any_of(list.begin(), list.end(), changes_result))
        found_[node] = "what it writes in place is read elsewhere";
      for (const Node* copy : copies.at(*number)) {
        const auto other = of_code.find(copy);
        if (other == of_code.end() || !(other->second == list))
          for (const Node* each : copies.at(*number))
            found_[each] = "its code runs several times, for other channels";
      }
    }
  }

  void find_tensors() {
    std::map<Place, at::Tensor> first;
    std::set<Place> ambiguous;
    for_each_node(*flat_.graph->block(), [&](const Node& node) {
      for (const Value* value : tensors_read(flat_, node)) {
        const auto place = place_of(model_.module, flat_.name_of(*value)->path);
        const at::Tensor tensor = tensor_of(*value);
        const auto& known = first.emplace(place, tensor).first->second;
        if (!is_same(known, tensor)) ambiguous.insert(place);
      }
    });
    for (const auto& [node, change] : changes_)
      if (const auto* name = changed_tensor(flat_, *node, change))
        if (ambiguous.count(place_of(model_.module, name->path)) != 0)
          found_[node] = "its tensors are read several times, for other channels";
  }

  const NumberedModel& model_;
  const FlatModel& flat_;
  const std::vector<Node*>& nodes_;
  const Changes& changes_;
  PinnedNodes found_;
};

}  // namespace

const TensorName* changed_tensor(const FlatModel& flat, const Node& node, const Change& change) {
  const Value* const value = change.value.isTensor() ? changed_value(node, change) : nullptr;
  return value == nullptr ? nullptr : flat.name_of(*value);
}

PinnedNodes conflicts(const NumberedModel& model, const FlatModel& flat,
                      const std::vector<Node*>& nodes, const Changes& changes) {
  return Conflicts(model, flat, nodes, changes).find();
}

}  // namespace actsparse
