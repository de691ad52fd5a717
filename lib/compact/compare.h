#pragma once
// Whether two models give the same answers.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "compact/difference.h"
#include "model/session.h"

namespace actsparse {

/// Runs both in eval mode on `batch`, with the same random numbers, and compares all tensors in
/// what they return; integers and booleans must be equal (else the relative difference is 1). NaN
/// and infinities at the same places count as equal. Throws Error(Data) if `a` does not take the
/// batch, Error(Check) if `b` does not or if it returns something of another form.
Difference compare_outputs(const Session& a, const torch::jit::Module& b,
                           const std::vector<c10::IValue>& batch);

/// The same on at least one batch, all of one shape: what samples differ by is told over all.
Difference compare_on_all(const Session& a, const torch::jit::Module& b,
                          const std::vector<std::vector<c10::IValue>>& batches);

/// The tensors in what a model returned, however deep in tuples, lists and dictionaries.
std::vector<at::Tensor> tensors_in(const c10::IValue& value);

}  // namespace actsparse
