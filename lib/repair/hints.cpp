#include "repair/hints.h"

#include <ATen/core/grad_mode.h>

#include <map>
#include <set>
#include <utility>

#include "compact/flat_model.h"
#include "compact/nodes.h"
#include "repair/read_operator.h"
#include "repair/residual.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// A layer's operator and which of its calls it is.
using Call = std::pair<std::string, int>;

// The sums that layers' outputs go into, by the first call that does.
std::map<Call, Value*> sums_in(const FlatModel& model) {
  std::map<Call, Value*> sums;
  std::map<std::string, int> calls;
  std::set<const Value*> known;
  for (Node* node : model.graph->block()->nodes()) {
    if (!is_readable(*node)) continue;
    const ReadOperator read = read_operator(model, *node);
    if (!read.found) continue;
    const Call call = {read.found->layer, calls[read.found->layer]++};
    const auto residual = find_residual(*read.found);
    if (residual && known.insert(residual->sum).second) sums[call] = residual->sum;
  }
  return sums;
}

// Whether a value is one of `sums` but for operators that hand on each channel.
bool is_made_of(const Value* value, const std::map<Call, Value*>& sums) {
  for (;;) {
    for (const auto& [call, sum] : sums)
      if (sum == value) return true;
    const Node& node = *value->node();
    const bool hands_on = !is_readable(node) || node.kind() == c10::aten::batch_norm;
    if (!hands_on || node.inputs().empty()) return false;
    value = node.inputs()[0];
  }
}

bool are_masked(const std::map<Call, Value*>& sums, const FlatModel& model) {
  for (const Node* node : model.graph->block()->nodes())
    if (node->kind() == c10::aten::mul && is_mask(model, node->inputs()[1]) &&
        is_made_of(node->inputs()[0], sums))
      return true;
  return false;
}

Values inputs_of(const FlatModel& model) {
  return {model.graph->inputs().begin(), model.graph->inputs().end()};
}

Values with(const Values& first, const Values& second) {
  Values all = first;
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

std::vector<c10::IValue> inputs_for(const Module& model,
                                    const std::vector<c10::IValue>& arguments) {
  std::vector<c10::IValue> inputs = {model._ivalue()};
  inputs.insert(inputs.end(), arguments.begin(), arguments.end());
  return inputs;
}

std::vector<at::Tensor> tensors_of(std::vector<c10::IValue>::const_iterator first,
                                   std::vector<c10::IValue>::const_iterator last) {
  std::vector<at::Tensor> tensors;
  for (; first != last; ++first) tensors.push_back(first->toTensor());
  return tensors;
}

}  // namespace

Hints::Hints(const Module& teacher, const Module& student, const std::string& method,
             bool even_masked)
    : teacher_(teacher), student_(student) {
  const FlatModel taught = flatten(student, method), teaches = flatten(teacher, method);
  const auto own = sums_in(taught), wanted = sums_in(teaches);
  if (!even_masked && are_masked(own, taught)) return;
  Values sums, theirs;
  for (const auto& [call, sum] : own)
    if (const auto twin = wanted.find(call); twin != wanted.end()) {
      sums.push_back(sum);
      theirs.push_back(twin->second);
    }
  if (sums.empty()) return;
  Values parameters;
  for (Node* node : taught.graph->block()->nodes())
    if (node->kind() == c10::prim::Constant && taught.name_of(*node->output()) != nullptr) {
      parameters.push_back(node->output());
      parameters_.push_back(taught.name_of(*node->output())->path);
    }
  teacher_graph_ = std::make_unique<PartialGraph>(inputs_of(teaches),
                                                  with({teaches.graph->outputs().at(0)}, theirs));
  student_graph_ = std::make_unique<PartialGraph>(with(inputs_of(taught), parameters),
                                                  with({taught.graph->outputs().at(0)}, sums));
}

Hints::Answer Hints::student(const std::vector<c10::IValue>& arguments) const {
  auto inputs = inputs_for(student_, arguments);
  for (const auto& path : parameters_) inputs.emplace_back(tensor_at(student_, path));
  const auto given = student_graph_->run(std::move(inputs));
  return {given.front(), tensors_of(given.begin() + 1, given.end())};
}

Hints::Answer Hints::teacher(const std::vector<c10::IValue>& arguments) const {
  const at::NoGradGuard no_grad;
  const auto given = teacher_graph_->run(inputs_for(teacher_, arguments));
  return {given.front(), tensors_of(given.begin() + 1, given.end())};
}

}  // namespace actsparse
