#include "compact/conflicts.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <set>

#include "compact/in_place.h"
#include "compact/nodes.h"
#include "compact/tensor_memory.h"
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
using Slot = std::pair<const c10::ivalue::Object*, std::string>;

Slot slot_of(const Module& model, const std::string& path) {
  const auto [owner, name] = owner_and_name(path);
  return {find_layer(model, owner)._ivalue().get(), name};
}

// The changes of each node that are made in its code, not in a tensor.
std::map<const Node*, std::vector<Change>> changes_of_code(const FlatModel& flat,
                                                           const Changes& changes) {
  std::map<const Node*, std::vector<Change>> of_code;
  for (const auto& [node, change] : changes)
    if (changed_tensors(flat, *node, change).empty()) of_code[node].push_back(change);
  return of_code;
}

// The model's tensors that a constant is, or is computed from.
std::vector<ModelTensor> tensors_behind(const FlatModel& flat, const Value& value) {
  if (value.node()->kind() != c10::prim::Constant) return {};
  const auto constant = torch::jit::toIValue(&value);
  if (!constant || !constant->isTensor() || !constant->toTensor().defined()) return {};
  if (const auto* name = flat.name_of(value)) return {{*name, constant->toTensor()}};
  return flat.computations->sources_of(constant->toTensor());
}

// The model's tensors that a node reads, itself or in a list that it gets.
std::vector<ModelTensor> tensors_read(const FlatModel& flat, const Node& node) {
  std::vector<ModelTensor> found;
  if (node.kind() == c10::prim::ListConstruct) return found;
  const auto add = [&](const Value& value) {
    for (auto& tensor : tensors_behind(flat, value)) found.push_back(std::move(tensor));
  };
  for (const Value* input : node.inputs()) {
    add(*input);
    if (input->node()->kind() == c10::prim::ListConstruct)
      for (const Value* element : input->node()->inputs()) add(*element);
  }
  return found;
}

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

std::set<TensorPlace> tensors_in_containers(const Module& model) {
  std::set<TensorPlace> held;
  for (const Module& module : model.modules())
    for (const c10::IValue& slot : module._ivalue()->slots())
      if (!slot.isTensor() && !slot.isObject())
        for_each_tensor(slot, [&](const at::Tensor& tensor) { held.insert(place_of(tensor)); });
  return held;
}

class Conflicts {
 public:
  Conflicts(const NumberedModel& model, const FlatModel& flat, const std::vector<Node*>& nodes,
            const Changes& changes)
      : model_(model), flat_(flat), nodes_(nodes), changes_(changes) {}

  PinnedNodes find() {
    find_code();
    find_tensors();
    find_containers();
    return std::move(found_);
  }

 private:
  // All nodes of the flat graph that come from one node of a module, by its number. Those in
  // loops count too: nothing is changed there, so they conflict with copies that change.
  std::map<size_t, std::vector<const Node*>> copies_of_code() const {
    std::map<size_t, std::vector<const Node*>> copies;
    for (const Node* node : nodes_)
      if (const auto number = number_of(*node)) copies[*number].push_back(node);
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
    std::map<Slot, at::Tensor> first;
    std::set<Slot> ambiguous;
    for_each_node(*flat_.graph->block(), [&](const Node& node) {
      for (const auto& [name, tensor] : tensors_read(flat_, node)) {
        const auto slot = slot_of(model_.module, name.path);
        const auto& known = first.emplace(slot, tensor).first->second;
        if (!is_same(known, tensor)) ambiguous.insert(slot);
      }
    });
    for (const auto& [node, change] : changes_)
      for (const auto& [name, tensor] : changed_tensors(flat_, *node, change))
        if (ambiguous.count(slot_of(model_.module, name.path)) != 0)
          found_[node] = "its tensors are read several times, for other channels";
  }

  // A list or dictionary holds a tensor without a name: it can have one new form only.
  void find_containers() {
    const auto held = tensors_in_containers(model_.module);
    for (const auto& [node, reason] : split_tensors(flat_, changes_))
      for (const auto& [name, tensor] : tensors_read(flat_, *node))
        if (held.count(place_of(tensor_at(model_.module, name.path))) != 0)
          found_[node] = "its tensors stand in a list, for other channels";
  }

  const NumberedModel& model_;
  const FlatModel& flat_;
  const std::vector<Node*>& nodes_;
  const Changes& changes_;
  PinnedNodes found_;
};

// What nodes read of tensors that overlapped in the model: where each lay, and what is read now.
struct Reads {
  std::set<std::string> paths;
  TensorPlace place;
  at::Tensor now;
  bool differ = false;
};

void add_read(Reads& reads, const std::string& path, const TensorPlace& place,
              const at::Tensor& now) {
  if (reads.paths.empty()) {
    reads.place = place;
    reads.now = now;
  }
  reads.differ = reads.differ || !(reads.place == place) || !is_same(reads.now, now);
  reads.paths.insert(path);
}

std::string shared_reason(const std::string& path, const Reads& reads) {
  const auto [owner, name] = owner_and_name(path);
  for (const auto& other : reads.paths)
    if (const auto sharer = owner_and_name(other).first; sharer != owner)
      return "its " + name + " is shared with '" + sharer + "'";
  return "its " + name + " is read several times, and copies of it would be larger";
}

}  // namespace

std::vector<ModelTensor> changed_tensors(const FlatModel& flat, const Node& node,
                                         const Change& change) {
  const Value* const value = change.value.isTensor() ? changed_value(node, change) : nullptr;
  return value == nullptr ? std::vector<ModelTensor>() : tensors_behind(flat, *value);
}

PinnedNodes split_tensors(const FlatModel& flat, const Changes& changes) {
  std::vector<at::Tensor> tensors;
  for_each_tensor(flat.module._ivalue(), [&](const at::Tensor& each) { tensors.push_back(each); });
  const MemoryRegions regions(tensors);
  std::map<size_t, Reads> reads;
  for_each_node(*flat.graph->block(), [&](const Node& node) {
    for (const auto& [name, now] : tensors_read(flat, node)) {
      const at::Tensor before = tensor_at(flat.module, name.path);
      add_read(reads[regions.of(before)], name.path, place_of(before), now);
    }
  });
  PinnedNodes found;
  for (const auto& [node, change] : changes) {
    for (const auto& [name, now] : changed_tensors(flat, *node, change)) {
      const Reads& all = reads.at(regions.of(tensor_at(flat.module, name.path)));
      if (all.differ) found.emplace(node, shared_reason(name.path, all));
    }
    if (change.value.isTensor() && flat.computations->own_name(change.value.toTensor()))
      found.emplace(node, "its weight is computed from others, and would be larger beside them");
  }
  return found;
}

PinnedNodes conflicts(const NumberedModel& model, const FlatModel& flat,
                      const std::vector<Node*>& nodes, const Changes& changes) {
  return Conflicts(model, flat, nodes, changes).find();
}

}  // namespace actsparse
