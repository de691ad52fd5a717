#include "model/layer_uses.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "model/call_methods.h"
#include "model/gate_nodes.h"
#include "model/layer_owner.h"
#include "model/layer_tree.h"
#include "model/mask_names.h"
#include "model/own_types.h"
#include "model/slow_path.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

LayerUse use_of_call(const CallMethod& call) { return {call.name, call.graph, call.input}; }

// %owner.in_proj_activation_mask, or its threshold
bool is_own_buffer(const Value& value, const FunctionalUse& use, const char* kind) {
  const auto path = attribute_path_of(value);
  if (!path || path->names.empty() || !is_mask_name(path->names.back(), kind)) return false;
  const std::string own =
      mask_name(use.parameter == "weight" ? "" : use_named(*use.owner, use.parameter), 0, kind);
  const std::string& name = path->names.back();
  return *path == use.owner_path.then(name) && name.compare(0, own.size(), own) == 0;
}

// %product = aten::mul(%input, %owner.in_proj_activation_mask)
bool is_own_mask(const Node& node, const FunctionalUse& use) {
  return node.kind() == c10::aten::mul && node.inputs().size() == 2 &&
         is_own_buffer(*node.input(1), use, kMaskBuffer);
}

bool is_own_gate(Node& node, const FunctionalUse& use) {
  const auto gate = gate_nodes(node);
  return gate && is_own_buffer(*gate->threshold, use, kThresholdBuffer);
}

LayerUse use_of_operator(const FunctionalUse& use, const std::shared_ptr<Graph>& graph) {
  Node* reader = use.node;
  size_t place = use.input;
  for (Node* before = reader->input(place)->node();
       is_own_mask(*before, use) || is_own_gate(*before, use); before = reader->input(0)->node()) {
    reader = before;
    place = 0;
  }
  LayerUse found = {use.place(), graph, reader->input(place), reader};
  found.magnitudes = is_own_gate(*reader, use) ? gate_nodes(*reader)->magnitudes : nullptr;
  found.place = place;
  found.owner = use.owner_path;
  found.functional = &use;
  return found;
}

// The graph that holds the operator: the method's, or that of the innermost function on the way.
std::shared_ptr<Graph> graph_of_use(const Module& model, const FunctionalUse& use) {
  const Module reader = find_layer(model, use.reader);
  if (use.calls.empty())
    return torch::jit::toGraphFunction(reader.get_method(use.method).function()).graph();
  auto* function = use.calls.back()->input(0)->type()->expectRef<c10::FunctionType>().function();
  return torch::jit::toGraphFunction(*function).graph();
}

void check_input(const Site& site) {
  if (site.input == InputSelector(int64_t{0})) return;
  throw Error(ErrorKind::Model,
              layer_text(site.layer) +
                  " is used by a functional call, which has one activation: leave out \"input\"");
}

// A layer that is used by functions may have a forward, too, that nobody calls.
void add_calls(const Module& model, const Module& layer, const Site& site,
               const std::string& method, std::vector<LayerUse>& uses) try {
  for (const auto& call : call_methods(model, layer, site, method))
    uses.push_back(use_of_call(call));
} catch (const Error&) {
}

[[noreturn]] void refuse_unused(const Site& site, const std::string& parameter) {
  throw Error(ErrorKind::Model, layer_text(site.layer) +
                                    ": no linear operator that can be observed "
                                    "reads the parameter '" +
                                    parameter + "'; take it out");
}

std::string owner_name(const Module& model, const std::string& layer) {
  if (find_owner(model, layer).parameter.empty()) return layer;
  const size_t dot = layer.rfind('.');
  return dot == std::string::npos ? "" : layer.substr(0, dot);
}

void inline_call(Node* call) {
  auto& function = torch::jit::toGraphFunction(
      *call->input(0)->type()->expectRef<c10::FunctionType>().function());
  Node* const constant = call->input(0)->node();
  call->removeInput(0);
  torch::jit::inlineCallTo(call, &function, function.graph().get());
  if (constant->kind() == c10::prim::Constant && !constant->hasUses()) constant->destroy();
}

std::vector<const FunctionalUse*> uses_of(const std::vector<FunctionalUse>& all,
                                          const std::set<std::string>& layers) {
  std::vector<const FunctionalUse*> found;
  for (const auto& use : all)
    if (layers.count(use.layer) != 0 && use.obstacle.empty()) found.push_back(&use);
  return found;
}

std::set<std::string> readers_of(const LayerUses& uses, const std::set<std::string>& layers) {
  std::set<std::string> readers;
  for (const auto* use : uses_of(uses.functional(), layers)) readers.insert(use->reader);
  return readers;
}

// Those whose own methods have one, not those of submodules alone.
std::vector<std::string> modules_with_fast_path(const Module& model) {
  std::vector<std::string> found;
  if (!has_fast_path(model)) return found;
  for (const auto& layer : list_layers(model))
    if (has_own_fast_path(layer.module)) found.push_back(layer.name);
  return found;
}

bool is_inside(const std::string& layer, const std::string& module) {
  if (module.empty()) return !layer.empty();
  return layer.size() > module.size() && layer.compare(0, module.size(), module) == 0 &&
         layer[module.size()] == '.';
}

// One level; true if there may be more.
bool inline_functions(const Session& clone, const std::set<std::string>& layers) {
  const auto all = functional_uses(clone.model, clone.method);
  std::set<Node*> calls;
  for (const auto* use : uses_of(all, layers))
    if (!use->calls.empty()) calls.insert(use->calls.front());
  for (Node* call : calls) inline_call(call);
  return !calls.empty();
}

}  // namespace

Node* LayerUse::start() const {
  if (magnitudes != nullptr) return magnitudes;
  return reader != nullptr ? reader : *graph->nodes().begin();
}

Value* LayerUse::insert_owner() const {
  Value* value = graph->inputs().at(owner.argument);
  for (const auto& attribute : owner.names) value = graph->insertGetAttr(value, attribute);
  return value;
}

void LayerUse::read_instead(Node* node) const {
  if (magnitudes != nullptr) magnitudes->replaceInput(0, node->output());
  if (reader != nullptr)
    reader->replaceInput(place, node->output());
  else
    input->replaceAllUsesAfterNodeWith(node, node->output());
}

std::vector<LayerUse> LayerUses::of(const Site& site) const {
  const LayerOwner owner = find_owner(model_, site.layer);
  std::vector<LayerUse> uses;
  for (const auto& use : functional()) {
    if (use.layer != site.layer) continue;
    if (!use.obstacle.empty())
      throw Error(ErrorKind::Model,
                  layer_text(site.layer) + " cannot be observed: " + use.obstacle);
    uses.push_back(use_of_operator(use, graph_of_use(model_, use)));
  }
  if (uses.empty() && !owner.parameter.empty()) refuse_unused(site, owner.parameter);
  if (uses.empty()) {
    for (const auto& call : call_methods(model_, owner.module, site, method_))
      uses.push_back(use_of_call(call));
    return uses;
  }
  check_input(site);
  if (owner.parameter.empty()) add_calls(model_, owner.module, site, method_, uses);
  return uses;
}

const std::vector<FunctionalUse>& LayerUses::functional() const {
  if (!functional_) functional_ = functional_uses(model_, method_);
  return *functional_;
}

bool LayerUses::has_any(const std::string& layer) const {
  const auto& uses = functional();
  return std::any_of(uses.begin(), uses.end(),
                     [&](const auto& use) { return use.layer == layer; }) ||
         has_call_method(find_owner(model_, layer).module);
}

std::string LayerUses::type_of(const std::string& layer) const {
  const LayerOwner owner = find_owner(model_, layer);
  if (owner.parameter.empty()) return short_type(owner.module.type()->name()->qualifiedName());
  for (const auto& use : functional())
    if (use.layer == layer) return use.type;
  return "";
}

LayerUses::LayerUses(const Session& session)
    : LayerUses(has_fast_path(session.model) ? slow_clone(session.model) : session.model,
                session.method) {}

std::vector<std::string> hidden_layers(const Module& model,
                                       const std::vector<std::string>& layers) {
  std::vector<std::string> hidden;
  const auto fast = modules_with_fast_path(model);
  for (const auto& layer : layers)
    if (std::any_of(fast.begin(), fast.end(),
                    [&](const auto& module) { return is_inside(layer, module); }))
      hidden.push_back(layer);
  return hidden;
}

Module clone_with_own_uses(const Session& session, const std::vector<std::string>& layers) {
  const std::set<std::string> wanted(layers.begin(), layers.end());
  const bool is_hidden = !hidden_layers(session.model, layers).empty();
  const auto readers =
      readers_of(is_hidden ? LayerUses(session) : LayerUses(session.model, session.method), wanted);
  std::vector<std::string> modules(readers.begin(), readers.end());
  for (const auto& layer : layers) modules.push_back(owner_name(session.model, layer));
  if (is_hidden)
    for (const auto& module : modules_with_fast_path(session.model)) modules.push_back(module);
  const Module clone = clone_with_own_types(session.model, modules);
  if (is_hidden) take_slow_path(clone);
  while (!readers.empty() && inline_functions(session.with(clone), wanted)) {
  }
  return clone;
}

}  // namespace actsparse
