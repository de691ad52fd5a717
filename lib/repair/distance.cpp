#include "repair/distance.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "base/error.h"
#include "compact/tensor_memory.h"

namespace actsparse {
namespace {

using Tensors = std::vector<at::Tensor>;

int64_t class_dim(const at::Tensor& scores) {
  return scores.dim() == 2 || scores.dim() == 4 ? 1 : -1;
}

at::Tensor divergence(const at::Tensor& scores, const at::Tensor& wanted) {
  const int64_t dim = class_dim(wanted);
  const at::Tensor target = wanted.log_softmax(dim);
  const at::Tensor each = (target.exp() * (target - scores.log_softmax(dim))).sum(dim);
  return each.mean();
}

}  // namespace

Tensors floating_tensors(const c10::IValue& answer) {
  Tensors found;
  for_each_tensor(answer, [&](const at::Tensor& tensor) {
    if (tensor.is_floating_point()) found.push_back(tensor);
  });
  if (found.empty())
    throw Error(ErrorKind::Data,
                "repair.tune: the model returns no floating-point tensor that could be compared");
  return found;
}

at::Tensor distance(const Tensors& given, const Tensors& wanted, const std::string& loss) {
  if (loss == "kl") return divergence(given.front(), wanted.front());
  at::Tensor sum;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const at::Tensor energy = wanted[i].square().mean().clamp_min(1e-12);
    const at::Tensor one = (given.at(i) - wanted[i]).square().mean() / energy;
    sum = sum.defined() ? sum + one : one;
  }
  return sum;
}

}  // namespace actsparse
