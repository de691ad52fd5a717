#include "model/gate_counter.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <set>
#include <utility>

#include "model/gate_nodes.h"
#include "model/insert_observe.h"
#include "model/known_value.h"
#include "model/layer_tree.h"
#include "model/mask_names.h"

namespace actsparse {
namespace {

using torch::jit::Block;
using torch::jit::Module;
using torch::jit::Node;

bool is_gate(Node& node) {
  const auto gate = gate_nodes(node);
  return gate && reads_buffer(*gate->threshold, kThresholdBuffer);
}

// A mask or another gate may follow: what the layer is given is what comes out of the last.
Node* last_of(Node* product) {
  for (const auto& use : product->output()->uses()) {
    Node* next = use.user;
    const bool multiplies = next->kind() == c10::aten::mul && use.offset == 0;
    if (multiplies && (is_gate(*next) || reads_buffer(*next->inputs()[1], kMaskBuffer)))
      return last_of(next);
  }
  return product;
}

void collect(Block& block, std::vector<Node*>& products) {
  for (Node* node : block.nodes()) {
    Node* const last = is_gate(*node) ? last_of(node) : nullptr;
    const bool is_known = std::find(products.begin(), products.end(), last) != products.end();
    if (last != nullptr && !is_known) products.push_back(last);
    for (Block* inner : node->blocks()) collect(*inner, products);
  }
}

// Every graph of the model's code, once: several modules may have one type.
template <class Visit>
void for_each_graph(const Module& model, const Visit& visit) {
  std::set<torch::jit::Graph*> seen;
  for (const auto& layer : list_layers(model))
    for (auto* method : layer.module.type()->methods()) {
      const auto graph = torch::jit::toGraphFunction(*method).graph();
      if (seen.insert(graph.get()).second) visit(layer.name, *graph);
    }
}

// The layer whose mask or gate this is, in a method of the module `own`.
std::string layer_of(Node& product, const std::string& own) {
  const auto gate = gate_nodes(product);
  const auto path = attribute_path_of(gate ? *gate->threshold : *product.inputs()[1]);
  if (!path || path->argument != 0) return own;
  std::string whole = own;
  for (const auto& name : path->names) whole += (whole.empty() ? "" : ".") + name;
  return layer_of_mask(whole);
}

}  // namespace

std::vector<std::string> modules_with_gates(const Module& model) {
  std::vector<std::string> modules;
  for (const auto& layer : list_layers(model)) {
    std::vector<Node*> products;
    for (auto* method : layer.module.type()->methods())
      collect(*torch::jit::toGraphFunction(*method).graph()->block(), products);
    if (!products.empty()) modules.push_back(layer.name);
  }
  return modules;
}

void GateCounter::count(Node& product, const std::string& layer) {
  GateCount& count = counts_.emplace_back(GateCount{layer});
  observers_.push_back(std::make_unique<RegisteredObserver>([&count](const at::Tensor& x) {
    count.elements += x.numel();
    count.zeros += x.numel() - x.count_nonzero().item<int64_t>();
  }));
  insert_observe(*product.owningGraph(), product.output(), product.next(), observers_.back()->id());
}

GateCounter::GateCounter(const Module& model) {
  for_each_graph(model, [&](const std::string& module, torch::jit::Graph& graph) {
    std::vector<Node*> products;
    collect(*graph.block(), products);
    for (Node* product : products) count(*product, layer_of(*product, module));
  });
}

std::vector<GateCount> GateCounter::take() {
  std::vector<GateCount> taken;
  for (auto& count : counts_) {
    const auto known = std::find_if(taken.begin(), taken.end(),
                                    [&](const auto& one) { return one.layer == count.layer; });
    GateCount& sum = known == taken.end() ? taken.emplace_back(GateCount{count.layer}) : *known;
    sum.zeros += std::exchange(count.zeros, 0);
    sum.elements += std::exchange(count.elements, 0);
  }
  return taken;
}

}  // namespace actsparse
