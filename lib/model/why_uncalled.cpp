#include "model/why_uncalled.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "model/call_methods.h"
#include "model/layer_tree.h"
#include "model/layer_uses.h"

namespace actsparse {
namespace {

using c10::ivalue::Object;
using torch::jit::Block;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;
using Modules = std::map<const Value*, c10::intrusive_ptr<Object>>;  // which module a value is

struct Condition {
  std::string text;
  bool is_mode;  ///< 'if self.training': the same for every batch
};
using Conditions = std::vector<Condition>;

bool needs_mode(const Conditions& conditions) {
  return std::any_of(conditions.begin(), conditions.end(),
                     [](const auto& condition) { return condition.is_mode; });
}

// Ways that a batch can take come first, then those with the fewest conditions.
using Rank = std::pair<bool, size_t>;
Rank rank(const Conditions& conditions) { return {needs_mode(conditions), conditions.size()}; }

bool is_mode(const Node& node) {
  const Node* condition = node.kind() == c10::prim::If ? node.input()->node() : nullptr;
  return condition != nullptr && condition->kind() == c10::prim::GetAttr &&
         condition->s(c10::attr::name) == "training";
}

// "'if self.training' (googlenet.py:172)": the first line of what the node was compiled from; empty
// for one that the compiler added.
std::string own_source_text(const Node& node) {
  auto range = node.sourceRange();
  if (const auto original = range.findSourceRangeThatGenerated()) range = *original;
  if (!range.source()) return "";
  std::string line = range.text().str();
  line = line.substr(0, line.find('\n'));
  line = line.substr(0, line.find_last_not_of(" :") + 1);
  if (line.empty()) return "";
  if (line.size() > 80) line = line.substr(0, 77) + "...";
  const auto place = range.file_line_col();
  if (!place) return "'" + line + "'";
  const auto& file = std::get<0>(*place);
  return "'" + line + "' (" + file.substr(file.rfind('/') + 1) + ":" +
         std::to_string(std::get<1>(*place) + 1) + ")";
}

std::string source_text(const Node& node) {
  std::string text = own_source_text(node);
  if (text.empty() && !node.inputs().empty()) text = own_source_text(*node.inputs()[0]->node());
  return text.empty() ? "a condition that its code does not show" : text;
}

/// What is known of a module after every method that can be reached from the model's was read.
struct Usage {
  std::optional<Conditions> calls;  ///< of the best ranked call of a forward
  std::set<std::string> other_methods;
  std::set<std::string> readers;  ///< layers whose code reads its tensors
};

class CallGraph {
 public:
  CallGraph(const Module& model, const std::string& method) {
    for (const auto& layer : list_layers(model))
      names_.emplace(layer.module._ivalue().get(), layer.name);
    add_call({model._ivalue(), method, {}, {}});
    while (!calls_.empty()) {
      const Call call = calls_.begin()->second;
      calls_.erase(calls_.begin());
      read(call);
    }
  }

  const Usage& usage(const Module& layer) { return usages_[layer._ivalue().get()]; }

 private:
  struct Call {
    c10::intrusive_ptr<Object> module;
    std::string method;
    std::map<size_t, c10::intrusive_ptr<Object>> given;  ///< modules that are arguments
    Conditions conditions;
  };

  void add_call(const Call& call) { calls_.emplace(rank(call.conditions), call); }

  void add_call(const Node& node, const Modules& modules, const Conditions& conditions) {
    const auto callee = modules.find(node.input(0));
    if (callee == modules.end()) return;
    Call call{callee->second, node.s(c10::attr::name), {}, conditions};
    for (size_t i = 1; i < node.inputs().size(); ++i)
      if (const auto known = modules.find(node.input(i)); known != modules.end())
        call.given.emplace(i, known->second);
    add_call(call);
  }

  // Calls come in the order of their rank, so the first visit is the best one.
  void read(const Call& call) {
    Usage& usage = usages_[call.module.get()];
    if (!is_call_method(call.method))
      usage.other_methods.insert(call.method);
    else if (!usage.calls)
      usage.calls = call.conditions;
    auto* function = call.module->type()->findMethod(call.method);
    if (function == nullptr || !read_.insert({call.module.get(), call.method}).second) return;
    const auto graph = torch::jit::toGraphFunction(*function).graph();
    self_ = call.module.get();
    Modules modules = {{graph->inputs().at(0), call.module}};
    for (const auto& [index, module] : call.given) modules[graph->inputs().at(index)] = module;
    read_block(*graph->block(), modules, call.conditions);
  }

  void read_block(const Block& block, Modules& modules, const Conditions& conditions) {
    for (const Node* node : block.nodes()) {
      if (node->kind() == c10::prim::GetAttr) read_attribute(*node, modules);
      if (node->kind() == c10::prim::CallMethod) add_call(*node, modules, conditions);
      read_inner(*node, modules, conditions);
    }
  }

  void read_attribute(const Node& node, Modules& modules) {
    const auto owner = modules.find(node.input());
    if (owner == modules.end()) return;
    const auto object = owner->second;
    const auto value = object->getAttr(node.s(c10::attr::name));
    if (value.isModule()) modules[node.output()] = value.toObject();
    if (value.isTensor() && object.get() != self_)
      usages_[object.get()].readers.insert(names_[self_]);
  }

  void read_inner(const Node& node, Modules& modules, const Conditions& conditions) {
    Conditions inner = conditions;
    if (node.kind() == c10::prim::If || node.kind() == c10::prim::Loop)
      inner.push_back({source_text(node), is_mode(node)});
    for (const Block* block : node.blocks()) read_block(*block, modules, inner);
    if (!node.hasAttribute(c10::attr::Subgraph)) return;  // a forked part
    const auto& subgraph = node.g(c10::attr::Subgraph);
    const size_t shared = std::min(node.inputs().size(), subgraph->inputs().size());
    for (size_t i = 0; i < shared; ++i) {
      const auto known = modules.find(node.inputs()[i]);
      if (known != modules.end()) modules[subgraph->inputs()[i]] = known->second;
    }
    read_block(*subgraph->block(), modules, inner);
  }

  std::map<const Object*, std::string> names_;
  std::map<const Object*, Usage> usages_;
  std::multimap<Rank, Call> calls_;  // to be read, the best first
  std::set<std::pair<const Object*, std::string>> read_;
  const Object* self_ = nullptr;
};

std::string joined(const Conditions& conditions) {
  std::string text;
  for (const auto& condition : conditions) text += (text.empty() ? "" : " and ") + condition.text;
  return text;
}

const FunctionalUse* use_of(const std::vector<FunctionalUse>& uses, const std::string& layer) {
  const auto found =
      std::find_if(uses.begin(), uses.end(), [&](const auto& use) { return use.layer == layer; });
  return found == uses.end() ? nullptr : &*found;
}

std::string reason(const Usage& usage, const std::string& method) {
  if (usage.calls && !usage.calls->empty()) return "called only under " + joined(*usage.calls);
  if (usage.calls) return "its call was not reached";
  if (!usage.readers.empty())
    return "its parameters are read by " + layer_text(*usage.readers.begin()) +
           " without a call, and by no linear operator";
  if (!usage.other_methods.empty())
    return "only its method '" + *usage.other_methods.begin() + "' is called, not forward";
  return "no path leads to it from " + method;
}

}  // namespace

std::vector<Uncalled> why_uncalled(const Session& session, const std::vector<std::string>& layers) {
  CallGraph graph(session.model, session.method);
  const LayerUses uses(session);
  std::vector<Uncalled> reasons;
  for (const auto& name : layers) {
    if (const auto* use = use_of(uses.functional(), name)) {
      reasons.push_back({"the code that uses its weight was not reached: " + use->place(), false});
      continue;
    }
    const Usage& usage = graph.usage(find_layer(session.model, name));
    reasons.push_back({reason(usage, session.method), !usage.calls || needs_mode(*usage.calls)});
  }
  return reasons;
}

}  // namespace actsparse
