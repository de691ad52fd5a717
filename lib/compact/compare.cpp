#include "compact/compare.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "model/run_clone.h"
#include "record/run.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Module;
using Batch = std::vector<IValue>;
using Batches = std::vector<Batch>;

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

std::vector<at::Tensor> outputs(const Session& session, const Batch& batch) {
  return tensors_in(run_clone(in_eval_mode(session), batch));
}

bool is_like(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() && b.defined() && a.dim() > 0 && a.dim() == b.dim() &&
         a.scalar_type() == b.scalar_type() && a.sizes().slice(1) == b.sizes().slice(1);
}

// Each output of all batches, one after the other along dimension 0 where that is possible.
std::vector<at::Tensor> outputs(const Session& session, const Batches& batches) {
  std::vector<at::Tensor> all = outputs(session, batches.at(0));
  const size_t count = all.size();
  for (size_t i = 1; i < batches.size(); ++i) {
    const auto more = outputs(session, batches[i]);
    for (size_t n = 0; n < more.size(); ++n) {
      if (n < count && is_like(all[n], more[n]))
        all[n] = at::cat({all[n], more[n]});
      else
        all.push_back(more[n]);
    }
  }
  return all;
}

double largest(const at::Tensor& tensor) {
  return tensor.numel() == 0 ? 0 : tensor.abs().max().item<double>();
}

double ratio(double difference, double scale) {
  return difference == 0 ? 0 : difference / std::max(scale, 1e-30);
}

Difference compare(const at::Tensor& a, const at::Tensor& b, bool samples_differ) {
  if (a.defined() != b.defined() || (a.defined() && a.sizes() != b.sizes()))
    throw Error(ErrorKind::Check, "the small model's output has another shape");
  if (!a.defined()) return {};
  if (!a.is_floating_point()) return {a.equal(b) ? 0.0 : 1.0, 0, true, ""};
  const auto x = a.to(at::kDouble), y = b.to(at::kDouble);
  const auto same = x.eq(y).logical_or(x.isnan().logical_and(y.isnan()));
  const double difference = largest((x - y).masked_fill(same, 0).nan_to_num(1e30));
  const auto finite = x.nan_to_num(0, 0, 0);
  const bool has_samples = samples_differ && x.dim() > 0 && x.size(0) > 1;
  const double variation = has_samples ? largest(finite - finite.mean({0}, true)) : 0;
  return {ratio(difference, largest(finite)), has_samples ? ratio(difference, variation) : 0,
          !has_samples || variation > 1e-6 * largest(finite), ""};
}

// Of the first argument that has one; of a list of tensors, their number and the first one's.
std::string shape_of(const Batch& batch) {
  for (const auto& argument : batch) {
    const auto sizes = sizes_in(argument);
    if (sizes.empty()) continue;
    std::ostringstream text;
    if (argument.isList()) text << "list of " << sizes.size() << " like ";
    text << at::IntArrayRef(sizes[0]);
    return text.str();
  }
  return "";
}

bool rows_differ(const at::Tensor& tensor) {
  return !tensor.eq(tensor.narrow(0, 0, 1)).all().item<bool>();
}

bool is_another(const Batch& a, const Batch& b) {
  const auto these = tensors_in(c10::ivalue::Tuple::create(a)),
             those = tensors_in(c10::ivalue::Tuple::create(b));
  return !std::equal(these.begin(), these.end(), those.begin(), those.end(),
                     [](const at::Tensor& x, const at::Tensor& y) { return x.equal(y); });
}

// Whether the samples that an argument holds are not all alike.
bool holds_different(const IValue& argument, int64_t samples) {
  if (samples_in(argument) != samples) return false;
  if (argument.isTensor()) return rows_differ(argument.toTensor());
  const auto tensors = tensors_in(argument);
  return !std::all_of(tensors.begin(), tensors.end(),
                      [&](const at::Tensor& tensor) { return tensor.equal(tensors[0]); });
}

// Whether it can be seen what samples differ by. One sample, or one that is repeated, does not
// tell; where none can be told apart, outputs are taken for samples.
bool samples_differ(const Batches& batches) {
  for (size_t i = 1; i < batches.size(); ++i)
    if (is_another(batches[0], batches[i])) return true;
  const int64_t samples = batch_size_of(batches[0]);
  return samples == 0 ||
         std::any_of(batches[0].begin(), batches[0].end(),
                     [&](const IValue& argument) { return holds_different(argument, samples); });
}

}  // namespace

Difference compare_outputs(const Session& a, const Module& b, const Batch& batch) {
  return compare_on_all(a, b, {batch});
}

Difference compare_on_all(const Session& a, const Module& b, const Batches& batches) {
  const auto expected = outputs(a, batches);
  std::vector<at::Tensor> found;
  try {
    found = outputs(a.with(b), batches);
  } catch (const Error& cause) {
    throw Error(ErrorKind::Check, "the small model fails where the masked one does not, on input " +
                                      shape_of(batches[0]) + ": " + cause.what())
        .with_details(cause.details());
  }
  if (expected.size() != found.size())
    throw Error(ErrorKind::Check, "the small model returns something of another form");
  const bool tells_variation = samples_differ(batches);
  Difference worst;
  worst.shape = shape_of(batches[0]);
  worst.varies = expected.empty();
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto one = compare(expected[i], found[i], tells_variation);
    worst.relative = std::max(worst.relative, one.relative);
    worst.over_variation = std::max(worst.over_variation, one.over_variation);
    worst.varies |= one.varies;
  }
  return worst;
}

std::vector<at::Tensor> tensors_in(const IValue& value) {
  std::vector<at::Tensor> tensors;
  collect_tensors(value, tensors);
  return tensors;
}

}  // namespace actsparse
