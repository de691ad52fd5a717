#include "repair/changes.h"

#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/ir/constants.h>

#include "compact/changed_modules.h"
#include "compact/nodes.h"

namespace actsparse {
namespace {

torch::jit::Value* named_constant(FlatModel& model, const torch::jit::Value* old,
                                  torch::jit::Node& before, const c10::IValue& value) {
  const torch::jit::WithInsertPoint guard(&before);
  torch::jit::Value* const made = torch::jit::insertConstant(*model.graph, value);
  const TensorName* const name = old == nullptr ? nullptr : model.name_of(*old);
  if (name != nullptr) model.set_name(*made, TensorName(*name));
  return made;
}

void make(FlatModel& model, torch::jit::Node& node, Change change, Changes& changes) {
  perform(change, node,
          [&](const torch::jit::Value* old, torch::jit::Node& before, const c10::IValue& value) {
            return named_constant(model, old, before, value);
          });
  changes.emplace_back(&node, std::move(change));
}

void set(FlatModel& model, torch::jit::Node& node, const ParameterPlace& place,
         const at::Tensor& tensor, Changes& changes) {
  Change change;
  change.kind = Change::Kind::Input;
  change.place = place.input;
  change.value = tensor;
  change.name = "repaired_bias";
  if (place.elements.empty()) return make(model, node, change, changes);
  change.kind = Change::Kind::Element;
  const auto parts = tensor.chunk(static_cast<int64_t>(place.elements.size()));
  for (size_t i = 0; i < parts.size(); ++i) {
    change.element = static_cast<int64_t>(place.elements[i]);
    change.value = parts[i].contiguous();
    make(model, node, change, changes);
  }
}

// Tensors of the right sizes, to see whether they can be put there.
std::pair<at::Tensor, at::Tensor> any_parameters(const MaskedOperator& masked) {
  if (masked.kind == MaskedOperator::Kind::BatchNorm)
    return {masked.sources[0].clone(), masked.sources[1].clone()};
  return {masked.weight.clone(), at::zeros({masked.outputs()}, masked.weight.options())};
}

}  // namespace

void set_parameters(FlatModel& model, const MaskedOperator& masked, const at::Tensor& weight,
                    const at::Tensor& bias, Changes& changes) {
  set(model, *masked.node, masked.weight_at, weight, changes);
  set(model, *masked.node, masked.bias_at, bias, changes);
}

torch::jit::Module make_changes(NumberedModel& numbered, const FlatModel& model,
                                const Changes& changes, const torch::jit::Module& like) {
  const torch::jit::Module module = change_modules(numbered, model, changes);
  auto before = like.modules().begin();
  for (torch::jit::Module each : module.modules()) {
    if (each.hasattr("training")) each.setattr("training", (*before).attr("training"));
    ++before;
  }
  return module;
}

std::vector<std::pair<size_t, std::string>> refused(const NumberedModel& numbered, FlatModel model,
                                                    const std::vector<MaskedOperator>& operators) {
  const auto nodes = all_nodes(*model.graph->block());
  Changes changes;
  for (const auto& masked : operators) {
    const auto [weight, bias] = any_parameters(masked);
    set_parameters(model, masked, weight, bias, changes);
  }
  const PinnedNodes found = conflicts(numbered, model, nodes, changes);
  std::vector<std::pair<size_t, std::string>> refused;
  for (size_t i = 0; i < operators.size(); ++i)
    if (const auto conflict = found.find(operators[i].node); conflict != found.end())
      refused.emplace_back(i, conflict->second);
  return refused;
}

}  // namespace actsparse
