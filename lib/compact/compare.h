#pragma once
// Whether two models give the same answers.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace actsparse {

struct Difference {
  double relative = 0;        ///< largest |a - b| over largest |a|, of the worst output
  double over_variation = 0;  ///< largest |a - b| over the largest deviation of a sample of a from
                              ///< the samples' mean, of the worst output; 0 if there is one sample
  bool varies =
      true;  ///< false if all samples of `a` have the same output: nothing is compared then
  std::string shape;  ///< of the first tensor argument: "[2, 3, 224, 224]"
};

/// Runs both in eval mode on `batch` and compares all tensors in what they return; integers and
/// booleans must be equal (else the relative difference is 1). NaN and infinities at the same
/// places count as equal. Throws Error(Data) if `a` does not take the batch, Error(Check) if `b`
/// does not or if it returns something of another form.
Difference compare_outputs(const torch::jit::Module& a, const torch::jit::Module& b,
                           const std::string& method, const std::vector<c10::IValue>& batch);

}  // namespace actsparse
