#include "compact/analysis.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>

#include "base/error.h"
#include "compact/explain.h"
#include "compact/nodes.h"
#include "compact/rule.h"
#include "compact/rules/broadcast.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool is_plain(const at::Tensor& tensor) {
  return tensor.defined() && tensor.layout() == at::kStrided && !tensor.is_quantized() &&
         !tensor.is_complex();
}

// For a value of which nothing more is known: all elements of all its tensors are the channel `id`.
Abstract one_channel(const IValue& value, int64_t id) {
  if (value.isTensor() && value.toTensor().defined()) {
    Channels channels = whole(value.toTensor().sizes());
    channels.ids = channels.ids + id;
    return {Abstract::Kind::Tensor, canonical(channels), false, nullptr};
  }
  if (!value.isTuple() && !(value.isList() && !value.isIntList())) return {};
  auto elements = std::make_shared<std::vector<Abstract>>();
  const auto values =
      value.isTuple() ? c10::ArrayRef<IValue>(value.toTupleRef().elements()) : value.toListRef();
  for (const IValue& element : values)  // a list inside may be one that has other names
    elements->push_back(element.isList() ? Abstract() : one_channel(element, id));
  return {Abstract::Kind::List, {}, false, std::move(elements)};
}

bool is_empty(const IValue* value) {
  return value != nullptr && value->isTensor() && value->toTensor().defined() &&
         value->toTensor().numel() == 0;
}

// No element says of which channels it is made or what needs them, but another batch may have some.
bool touches_empty(const Node& node, const Trace& trace) {
  const auto empty = [&](const Value* value) { return is_empty(trace.value(value)); };
  return std::any_of(node.inputs().begin(), node.inputs().end(), empty) ||
         std::any_of(node.outputs().begin(), node.outputs().end(), empty);
}

// A block that always raises an error reads values only to build the message.
bool always_raises(Block& block) {
  const auto nodes = block.nodes();
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const Node* node) { return node->kind() == c10::prim::RaiseException; });
}

// Whether the trace's first run came through the block.
bool has_run(Block& block, const Trace& trace) {
  const auto nodes = block.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](const Node* node) {
    const auto outputs = node->outputs();
    return std::any_of(outputs.begin(), outputs.end(),
                       [&](const Value* value) { return trace.value(value) != nullptr; });
  });
}

// Of a side that returns or raises before: nothing reads it.
bool is_never_read(const Value& value, Block& side) {
  return value.node()->kind() == c10::prim::Uninitialized || always_raises(side);
}

bool reads_no_values(const Node& node) {
  const OperatorRule* const row = find_rule(node.kind());
  return row != nullptr && row->rule == rules::reads_no_values;
}

class Analysis {
 public:
  Analysis(const FlatModel& model, const Trace& trace, const AnalysisOptions& options)
      : model_(model),
        graph_(model.graph),
        trace_(trace),
        options_(options),
        aliases_(model.graph) {}

  Findings run() {
    for (const Value* input : graph_->inputs()) give_whole(input, "model input");
    for (Node* node : graph_->nodes()) visit(*node);
    for (const Value* output : graph_->outputs()) keep(output, nullptr, "model output");
    return std::move(findings_);
  }

 private:
  void visit(Node& node) {
    if (node.kind() == c10::prim::Constant) return constant(*node.output());
    if (node.kind() == c10::prim::If && !options_.pinned.count(&node) && !fills_containers(node))
      return branch(node);
    const OperatorRule* const row = find_rule(node.kind());
    try {
      if (row == nullptr || row->rule == no_rule) throw NotUnderstood{"no rule"};
      if (const auto pinned = options_.pinned.find(&node); pinned != options_.pinned.end())
        throw NotUnderstood{pinned->second};
      if (touches_empty(node, trace_)) throw NotUnderstood{"it works on an empty tensor here"};
      Visit visit(node, trace_, findings_, options_.assumptions);
      row->rule(visit);
    } catch (const NotUnderstood& cause) {
      keep_all(node, cause.reason);
    } catch (const c10::Error& cause) {  // of an operator that does not work on ids
      keep_all(node, first_line(cause.what()));
    }
    forget_written(node);
  }

  // The side that ran is followed; of the other one all that it reads is kept. What comes out of
  // both, as where one side hands a tensor through, is one tensor.
  void branch(Node& node) {
    for (Block* side : node.blocks()) {
      if (always_raises(*side)) continue;
      const bool ran = has_run(*side, trace_);
      for (Node* inner : side->nodes()) {
        if (ran || inner->kind() == c10::prim::Constant)
          visit(*inner);
        else if (!reads_no_values(*inner))
          keep_all(*inner, inside(node));
      }
    }
    for (size_t i = 0; i < node.outputs().size(); ++i) join(node, i);
    forget_written(node);
  }

  std::string inside(const Node& branch) const {
    return "it stands in a side of " + operator_name(model_, branch) + " that the data do not take";
  }

  void join(Node& node, size_t output) {
    std::vector<const Value*> read;
    for (Block* side : node.blocks())
      if (const Value* value = side->outputs()[output]; !is_never_read(*value, *side))
        read.push_back(value);
    try {
      Visit visit(node, trace_, findings_, options_.assumptions);
      rules::one_of(visit, output, read);
    } catch (const NotUnderstood& cause) {
      for (const Value* value : read) keep(value, &node, cause.reason);
      give_whole(node.outputs()[output],
                 "made by " + operator_name(model_, node) + ": " + cause.reason);
    }
  }

  // Whether a list or dictionary from outside would hold what one side writes to it.
  bool fills_containers(Node& node) const {
    bool fills = false;
    for (Block* side : node.blocks())
      for_each_node(*side, [&](const Node& inner) {
        for (size_t i = 0; i < inner.inputs().size(); ++i)
          fills = fills || (writes_to(inner, i) && is_known_container(inner.inputs()[i]));
      });
    return fills;
  }

  bool is_known_container(const Value* changed) const {
    return std::any_of(findings_.values.begin(), findings_.values.end(), [&](const auto& entry) {
      const auto& [value, known] = entry;
      return (known.elements || known.entries) && aliases_.mayAlias(value, changed);
    });
  }

  void constant(const Value& value) {
    const auto found = torch::jit::toIValue(&value);
    if (!found || !found->isTensor() || !is_plain(found->toTensor())) return;
    findings_.values[&value] = {Abstract::Kind::Tensor, constant_channels(found->toTensor()), true,
                                nullptr};
  }

  void keep_all(Node& node, const std::string& reason) {
    keep_inputs(node, node, reason);
    for (const Value* output : node.outputs())
      give_whole(output, "made by " + operator_name(model_, node) + ": " + reason);
  }

  void keep_inputs(Node& node, const Node& by, const std::string& reason) {
    for (const Value* input : node.inputs()) keep(input, &by, reason);
    forget_changed(node, by, reason);
    for (Block* block : node.blocks()) {
      if (always_raises(*block)) continue;
      for (Node* inner : block->nodes())
        if (!reads_no_values(*inner)) keep_inputs(*inner, by, reason);
      keep_inputs(*block->return_node(), by, reason);
    }
  }

  // A list or dictionary that this node writes to: what it held so far is kept, and what it holds
  // from now on is not known.
  void forget_changed(const Node& node, const Node& by, const std::string& reason) {
    for (size_t i = 0; i < node.inputs().size(); ++i)
      if (writes_to(node, i)) forget_containers(node.inputs()[i], by, reason);
  }

  void forget_containers(const Value* changed, const Node& by, const std::string& reason) {
    for (auto& [value, known] : findings_.values) {
      if (!(known.elements || known.entries) || !aliases_.mayAlias(value, changed)) continue;
      keep(known, &by, reason);
      known = {};
    }
  }

  void keep(const Value* value, const Node* by, const std::string& reason) {
    const auto found = findings_.values.find(value);
    if (found != findings_.values.end()) keep(found->second, by, reason);
  }

  void keep(const Abstract& value, const Node* by, const std::string& reason) {
    if (value.kind == Abstract::Kind::Tensor) {
      auto ids = distinct(unexpanded(value.channels.ids));
      if (!ids.empty())
        findings_.constraints.needs.push_back({{Ids::needed}, std::move(ids), by, reason, false});
    }
    if (value.elements)
      for (const auto& element : *value.elements) keep(element, by, reason);
    if (value.entries)
      for (const auto& [key, entry] : *value.entries) keep(entry, by, reason);
  }

  void give_whole(const Value* value, const std::string& reason) {
    const IValue* found = trace_.value(value);
    if (found == nullptr) return;
    const int64_t id = findings_.ids.fresh(1).item<int64_t>();
    findings_.wholes.push_back(id);
    findings_.constraints.needs.push_back({{Ids::needed}, {id}, nullptr, reason, false});
    Abstract all = one_channel(*found, id);
    const bool may_change = all.kind == Abstract::Kind::List && aliases_.hasWriters(value);
    if (!may_change) findings_.values[value] = std::move(all);
  }

  // A tensor that another node writes to later does not have the constant values for long that its
  // own operator gave it.
  void forget_written(Node& node) {
    for (const Value* output : node.outputs()) {
      const auto found = findings_.values.find(output);
      if (found == findings_.values.end() || found->second.kind != Abstract::Kind::Tensor ||
          !aliases_.hasWriters(output))
        continue;
      keep(found->second, &node, "it is written in place");
      auto& known = found->second.channels.known;
      known = whole(known.sizes()).known;
    }
  }

  const FlatModel& model_;
  std::shared_ptr<torch::jit::Graph> graph_;
  const Trace& trace_;
  const AnalysisOptions& options_;
  const torch::jit::AliasDb aliases_;
  Findings findings_;
};

}  // namespace

Findings analyse(const FlatModel& model, const Trace& trace, const AnalysisOptions& options) {
  return Analysis(model, trace, options).run();
}

}  // namespace actsparse
