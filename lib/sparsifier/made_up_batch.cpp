#include "sparsifier/made_up_batch.h"

#include <ATen/Context.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

namespace actsparse {

std::vector<c10::IValue> made_up_batch(const std::vector<ArgumentRecord>& arguments) {
  at::manual_seed(0);
  std::vector<c10::IValue> batch;
  for (const auto& argument : arguments) {
    if (!argument.dtype)
      batch.push_back(argument.constant);
    else if (at::isFloatingType(*argument.dtype) || at::isComplexType(*argument.dtype))
      batch.emplace_back(at::randn(argument.shape).to(*argument.dtype));
    else
      batch.emplace_back(at::zeros(argument.shape, *argument.dtype));
  }
  return batch;
}

}  // namespace actsparse
