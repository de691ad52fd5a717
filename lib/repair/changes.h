#pragma once
// New weights and biases in the flat graph, noted so that the modules get them, too.
#include <string>
#include <vector>

#include "compact/conflicts.h"
#include "compact/flat_model.h"
#include "repair/operators.h"

namespace actsparse {

/// Gives the operator another weight and bias (a batch norm another mean and variance), in `model`
/// and in `changes`.
void set_parameters(FlatModel& model, const MaskedOperator& masked, const at::Tensor& weight,
                    const at::Tensor& bias, Changes& changes);

/// The modules with `changes`, each in the mode that it has in `like`, a copy of the same model.
torch::jit::Module make_changes(NumberedModel& numbered, const FlatModel& model,
                                const Changes& changes, const torch::jit::Module& like);

/// Of the operators of `model` those whose code the modules share with other code, so that a new
/// bias cannot be given to them alone, with the reason. `model` is used up.
std::vector<std::pair<size_t, std::string>> refused(const NumberedModel& numbered, FlatModel model,
                                                    const std::vector<MaskedOperator>& operators);

}  // namespace actsparse
