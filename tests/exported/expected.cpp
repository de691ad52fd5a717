#include "exported/expected.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/types.h>

#include <algorithm>

#include "data/batch_source.h"
#include "model/load_model.h"

namespace actsparse {
namespace {

using c10::IValue;

// Pickled lists and dicts are of anything; a method wants them of something.
IValue typed(const IValue& value, const c10::TypePtr& type) {
  if (const auto list = type->cast<c10::ListType>()) {
    c10::impl::GenericList out(list->getElementType());
    for (const auto& item : value.toListRef()) out.push_back(typed(item, list->getElementType()));
    return out;
  }
  if (const auto dict = type->cast<c10::DictType>()) {
    c10::impl::GenericDict out(dict->getKeyType(), dict->getValueType());
    for (const auto& item : value.toGenericDict())
      out.insert(item.key(), typed(item.value(), dict->getValueType()));
    return out;
  }
  return value;
}

void collect(const IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor()) return tensors.push_back(value.toTensor());
  if (value.isInt() || value.isDouble() || value.isBool())
    return tensors.push_back(at::scalar_tensor(value.toScalar()));
  if (value.isGenericDict())
    for (const auto& item : value.toGenericDict()) collect(item.value(), tensors);
  if (value.isTuple())
    for (const auto& item : value.toTupleRef().elements()) collect(item, tensors);
  if (value.isList())
    for (const auto& item : value.toListRef()) collect(item, tensors);
}

std::vector<at::Tensor> tensors_in(const IValue& value) {
  std::vector<at::Tensor> tensors;
  collect(value, tensors);
  return tensors;
}

double difference(const at::Tensor& got, const at::Tensor& wanted) {
  if (got.sizes() != wanted.sizes()) throw std::runtime_error("an output has another shape");
  if (got.numel() == 0) return 0;
  const auto a = got.to(at::kDouble), b = wanted.to(at::kDouble);
  const double largest = b.abs().max().item<double>();
  return (a - b).abs().max().item<double>() / std::max(largest, 1e-30);
}

}  // namespace

Comparison compare_with_expected(const std::string& path, const std::string& expected) {
  const at::NoGradGuard no_grad;
  auto model = load_model(path);
  const auto document = read_pickle(expected, ErrorKind::Data);
  const auto parts = document.toTupleRef().elements();
  const auto& arguments = model.get_method("forward").function().getSchema().arguments();
  std::vector<IValue> inputs;
  for (const auto& input : parts[0].toListRef())
    inputs.push_back(typed(input, arguments.at(inputs.size() + 1).type()));
  const auto got = tensors_in(model.forward(inputs)), wanted = tensors_in(parts[1]);
  if (got.size() != wanted.size())
    throw std::runtime_error(std::to_string(got.size()) + " outputs, not " +
                             std::to_string(wanted.size()));
  Comparison comparison;
  for (size_t i = 0; i < got.size(); ++i) {
    comparison.difference = std::max(comparison.difference, difference(got[i], wanted[i]));
    comparison.equal = comparison.equal && got[i].equal(wanted[i]);
  }
  return comparison;
}

}  // namespace actsparse
