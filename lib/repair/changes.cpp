#include "repair/changes.h"

#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/ir/constants.h>

namespace actsparse {
namespace {

void set_input(FlatModel& model, torch::jit::Node& node, size_t place, const at::Tensor& tensor,
               Changes& changes) {
  Change change;
  change.kind = Change::Kind::Input;
  change.place = place;
  change.value = tensor;
  change.name = "repaired_bias";
  perform(change, node,
          [&](const torch::jit::Value* old, torch::jit::Node& before, const c10::IValue& value) {
            const torch::jit::WithInsertPoint guard(&before);
            torch::jit::Value* const made = torch::jit::insertConstant(*model.graph, value);
            const TensorName* const name = old == nullptr ? nullptr : model.name_of(*old);
            if (name != nullptr) model.set_name(*made, TensorName(*name));
            return made;
          });
  changes.emplace_back(&node, std::move(change));
}

}  // namespace

void set_parameters(FlatModel& model, const MaskedOperator& masked, const at::Tensor& weight,
                    const at::Tensor& bias, Changes& changes) {
  set_input(model, *masked.node, masked.weight_at, weight, changes);
  set_input(model, *masked.node, masked.bias_at, bias, changes);
}

std::vector<std::pair<size_t, std::string>> refused(const NumberedModel& numbered, FlatModel model,
                                                    const std::vector<MaskedOperator>& operators) {
  const std::vector<torch::jit::Node*> nodes(model.graph->nodes().begin(),
                                             model.graph->nodes().end());
  Changes changes;
  for (const auto& masked : operators)
    set_parameters(model, masked, masked.weight.clone(),
                   at::zeros({masked.outputs()}, masked.weight.options()), changes);
  const PinnedNodes found = conflicts(numbered, model, nodes, changes);
  std::vector<std::pair<size_t, std::string>> refused;
  for (size_t i = 0; i < operators.size(); ++i)
    if (const auto conflict = found.find(operators[i].node); conflict != found.end())
      refused.emplace_back(i, conflict->second);
  return refused;
}

}  // namespace actsparse
