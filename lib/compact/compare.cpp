#include "compact/compare.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "base/error.h"
#include "model/own_types.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;

void collect_tensors(const IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor() && value.toTensor().defined() && value.toTensor().is_nested()) {
    for (const auto& part : value.toTensor().unbind()) tensors.push_back(part);
  } else if (value.isTensor()) {
    tensors.push_back(value.toTensor());
  } else if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) collect_tensors(element, tensors);
  } else if (value.isList()) {
    for (const IValue& element : value.toListRef()) collect_tensors(element, tensors);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) collect_tensors(entry.value(), tensors);
  }
}

std::vector<at::Tensor> outputs(const Session& session, const std::vector<IValue>& batch) {
  Module copy = clone_with_own_types(session.model, {});  // which may write into itself
  copy.eval();
  std::vector<at::Tensor> tensors;
  collect_tensors(run_method(copy, session.method, batch), tensors);
  return tensors;
}

double largest(const at::Tensor& tensor) {
  return tensor.numel() == 0 ? 0 : tensor.abs().max().item<double>();
}

double ratio(double difference, double scale) {
  return difference == 0 ? 0 : difference / std::max(scale, 1e-30);
}

Difference compare(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined() || (a.defined() && a.sizes() != b.sizes()))
    throw Error(ErrorKind::Check, "the small model's output has another shape");
  if (!a.defined()) return {};
  if (!a.is_floating_point()) return {a.equal(b) ? 0.0 : 1.0, 0, true, ""};
  const auto x = a.to(at::kDouble), y = b.to(at::kDouble);
  const auto same = x.eq(y).logical_or(x.isnan().logical_and(y.isnan()));
  const double difference = largest((x - y).masked_fill(same, 0).nan_to_num(1e30));
  const auto finite = x.nan_to_num(0, 0, 0);
  const bool has_samples = x.dim() > 0 && x.size(0) > 1;
  const double variation = has_samples ? largest(finite - finite.mean({0}, true)) : 0;
  return {ratio(difference, largest(finite)), has_samples ? ratio(difference, variation) : 0,
          !has_samples || variation > 1e-6 * largest(finite), ""};
}

std::string shape_of(const std::vector<IValue>& batch) {
  for (const auto& argument : batch) {
    if (!argument.isTensor()) continue;
    std::ostringstream text;
    text << argument.toTensor().sizes();
    return text.str();
  }
  return "";
}

}  // namespace

Difference compare_outputs(const Session& a, const Module& b, const std::vector<IValue>& batch) {
  const auto expected = outputs(a, batch);
  std::vector<at::Tensor> found;
  try {
    found = outputs(a.with(b), batch);
  } catch (const Error& cause) {
    throw Error(ErrorKind::Check, "the small model fails where the masked one does not, on input " +
                                      shape_of(batch) + ": " + cause.what())
        .with_details(cause.details());
  }
  if (expected.size() != found.size())
    throw Error(ErrorKind::Check, "the small model returns something of another form");
  Difference worst;
  worst.shape = shape_of(batch);
  worst.varies = expected.empty();
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto one = compare(expected[i], found[i]);
    worst.relative = std::max(worst.relative, one.relative);
    worst.over_variation = std::max(worst.over_variation, one.over_variation);
    worst.varies |= one.varies;
  }
  return worst;
}

}  // namespace actsparse
