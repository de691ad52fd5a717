#include "compact/operator_times.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "base/error.h"
#include "base/stopwatch.h"
#include "compact/nodes.h"
#include "model/device_of.h"
#include "model/freeze.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

constexpr int kFewestRuns = 3, kMostRuns = 15;
constexpr double kLongEnough = 0.01;  // seconds of runs of one operator

// A node as a program of its own.
class OneNode {
 public:
  explicit OneNode(Node& node) {
    auto graph = std::make_shared<Graph>();
    std::unordered_map<Value*, Value*> inputs;
    for (Value* value : values_read(node))
      if (inputs.count(value) == 0) {
        inputs.emplace(value, graph->addInput()->copyMetadata(value));
        read.push_back(value);
      }
    Node* const copy = graph->appendNode(
        graph->createClone(&node, [&](Value* value) { return inputs.at(value); }));
    for (Value* output : copy->outputs()) graph->registerOutput(output);
    code_.emplace(graph, "");
  }

  std::vector<IValue> run(std::vector<IValue> values) const {
    torch::jit::InterpreterState(*code_).run(values);
    return values;
  }

  std::vector<Value*> read;

 private:
  std::optional<torch::jit::Code> code_;
};

void describe(const IValue& value, std::ostream& text) {
  if (value.isTensor() && value.toTensor().defined()) {
    const at::Tensor& tensor = value.toTensor();
    text << tensor.scalar_type() << tensor.sizes() << tensor.strides();
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) describe(tensor, text);
  } else if (value.isInt() || value.isDouble() || value.isBool() || value.isIntList() ||
             value.isDoubleList() || value.isString()) {
    text << value;
  } else {
    text << value.tagKind();
  }
}

// By what its time is known again; nothing where that depends on values.
std::optional<std::string> key_of(const Node& node, const std::vector<IValue>& values) {
  if (!node.blocks().empty()) return std::nullopt;
  std::ostringstream text;
  text << node.kind().toQualString();
  for (const auto& value : values) describe(value, text << ' ');
  return text.str();
}

bool gives_tensors(const Node& node) {
  return !node.blocks().empty() ||
         std::any_of(node.outputs().begin(), node.outputs().end(), [](const Value* output) {
           return output->type()->kind() == c10::TypeKind::TensorType;
         });
}

bool can_be_repeated(Node& node) {
  if (node.hasSideEffects()) return false;
  for (size_t i = 0; i < node.inputs().size(); ++i)
    if (writes_to(node, i)) return false;
  bool repeats = true;
  for (torch::jit::Block* block : node.blocks())
    for_each_node(*block, [&](Node& inner) { repeats = repeats && can_be_repeated(inner); });
  return repeats;
}

class NodeByNode {
 public:
  NodeByNode(Graph& graph, std::string device, std::map<std::string, double>& known)
      : graph_(graph), device_(std::move(device)), known_(known) {
    size_t place = 0;
    for (Node* node : graph.nodes()) {
      for (Value* value : values_read(*node)) last_[value] = place;
      ++place;
    }
  }

  double run(const std::vector<IValue>& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) values_[graph_.inputs()[i]] = inputs[i];
    size_t place = 0;
    for (Node* node : graph_.nodes()) {
      if (node->kind() == c10::prim::Constant)
        values_[node->output()] = torch::jit::toIValue(node->output()).value_or(IValue());
      else
        run_node(*node);
      for (Value* value : values_read(*node))
        if (last_.at(value) == place) values_.erase(value);
      ++place;
    }
    return seconds_;
  }

 private:
  void run_node(Node& node) {
    const OneNode alone(node);
    std::vector<IValue> values;
    for (Value* value : alone.read) values.push_back(values_.at(value));
    const auto key = key_of(node, values);
    const Stopwatch first;
    auto outputs = alone.run(values);
    wait_for(device_);
    if (gives_tensors(node)) seconds_ += seconds_of(node, alone, values, key, first.seconds());
    for (size_t i = 0; i < outputs.size(); ++i) values_[node.outputs()[i]] = std::move(outputs[i]);
  }

  double seconds_of(Node& node, const OneNode& alone, const std::vector<IValue>& values,
                    const std::optional<std::string>& key, double first) {
    if (!can_be_repeated(node)) return first;
    if (!key) return median_of(alone, values);
    const auto known = known_.find(*key);
    return known != known_.end() ? known->second : known_[*key] = median_of(alone, values);
  }

  double median_of(const OneNode& alone, const std::vector<IValue>& values) const {
    std::vector<double> runs;
    const Stopwatch all;
    while (runs.size() < kFewestRuns || (runs.size() < kMostRuns && all.seconds() < kLongEnough)) {
      const Stopwatch one;
      alone.run(values);
      wait_for(device_);
      runs.push_back(one.seconds());
    }
    std::nth_element(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2),
                     runs.end());
    return runs[runs.size() / 2];
  }

  Graph& graph_;
  const std::string device_;
  std::map<std::string, double>& known_;
  std::unordered_map<Value*, size_t> last_;  // the place of the last node that reads a value
  std::unordered_map<Value*, IValue> values_;
  double seconds_ = 0;
};

}  // namespace

double OperatorTimes::seconds(const Session& session, const std::vector<IValue>& arguments) {
  const at::NoGradGuard no_grad;
  const torch::jit::Module model = frozen(session);
  auto graph =
      torch::jit::toGraphFunction(model.get_method(session.method).function()).graph()->copy();
  torch::jit::Inline(*graph);
  std::vector<IValue> inputs = {model._ivalue()};
  for (auto& argument : fitted_arguments(model, session.method, arguments))
    inputs.push_back(std::move(argument));
  try {
    return NodeByNode(*graph, session.device, known).run(inputs);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::Data, torchscript_cause(error.what()));
  }
}

}  // namespace actsparse
