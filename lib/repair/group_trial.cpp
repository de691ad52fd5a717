#include "repair/group_trial.h"

#include <algorithm>
#include <utility>

#include "compact/change.h"
#include "compact/nodes.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// Makes places for other parameters: new inputs of the graph, in the order of values_for().
void make_place(Node& node, const ParameterPlace& place, Graph& graph, Values& made) {
  Change change;
  change.kind = place.elements.empty() ? Change::Kind::Input : Change::Kind::Element;
  change.place = place.input;
  for (const size_t element : place.elements.empty() ? std::vector<size_t>{0} : place.elements) {
    change.element = static_cast<int64_t>(element);
    perform(change, node, [&](const Value*, Node&, const IValue&) {
      made.push_back(graph.addInput()->setType(c10::TensorType::get()));
      return made.back();
    });
  }
}

}  // namespace

void add_values(const ParameterPlace& place, const at::Tensor& tensor,
                std::vector<IValue>& values) {
  if (place.elements.empty()) return values.push_back(tensor);
  for (const auto& part : tensor.chunk(static_cast<int64_t>(place.elements.size())))
    values.emplace_back(part.contiguous());
}

GroupTrial::GroupTrial(const FlatModel& flat, const std::vector<std::string>& layers,
                       const std::vector<Target>& targets, bool from_start)
    : own_(flat, {layers.begin(), layers.end()}) {
  Node* first = nullptr;
  for_each_node(*flat.graph->block(), [&](Node& node) {
    const auto layer = masked_layer(flat, node);
    if (!layer || std::count(layers.begin(), layers.end(), *layer) == 0) return;
    masked_.push_back(*layer);
    masks_.push_back(own_.twin(&node)->inputs()[1]);
    if (first == nullptr) first = outermost(own_.twin(&node));
  });
  Graph& graph = *own_.graph;
  const Values inputs(graph.inputs().begin(), graph.inputs().end());
  alive_ = from_start || first == nullptr ? inputs : alive_before(graph, *first);
  for (const Target& target : targets)
    for (const auto& call : target.calls) {
      Node& node = *own_.twin(call.node);
      make_place(node, call.weight_at, graph, parameters_);
      make_place(node, call.bias_at, graph, parameters_);
    }
  part_.emplace(joined(joined(alive_, masks_), parameters_), Values{graph.outputs().at(0)});
}

Values GroupTrial::alive() const {
  Values found;
  for (const Value* value : alive_) found.push_back(own_.original(value));
  return found;
}

IValue GroupTrial::run(std::vector<IValue> alive, const std::map<std::string, at::Tensor>& masks,
                       const std::vector<IValue>& parameters) const {
  for (const auto& layer : masked_) alive.emplace_back(masks.at(layer));
  alive.insert(alive.end(), parameters.begin(), parameters.end());
  return part_->run(std::move(alive)).front();
}

}  // namespace actsparse
