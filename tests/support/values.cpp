#include "support/values.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>

namespace actsparse {
namespace {

using c10::IValue;

bool same_elements(at::ArrayRef<IValue> a, at::ArrayRef<IValue> b) {
  bool equal = a.size() == b.size();
  for (size_t i = 0; equal && i < a.size(); ++i) equal = same_values(a[i], b[i]);
  return equal;
}

bool same_entries(const c10::impl::GenericDict& a, const c10::impl::GenericDict& b) {
  bool equal = a.size() == b.size();
  for (const auto& entry : a)
    equal = equal && b.contains(entry.key()) && same_values(entry.value(), b.at(entry.key()));
  return equal;
}

}  // namespace

bool same_values(const IValue& a, const IValue& b) {
  if (a.isTensor() && b.isTensor()) return at::equal(a.toTensor(), b.toTensor());
  if (a.isTuple() && b.isTuple())
    return same_elements(a.toTupleRef().elements(), b.toTupleRef().elements());
  if (a.isList() && b.isList()) return same_elements(a.toListRef(), b.toListRef());
  if (a.isGenericDict() && b.isGenericDict())
    return same_entries(a.toGenericDict(), b.toGenericDict());
  return a.isNone() && b.isNone();
}

}  // namespace actsparse
