#include "quality/tally.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace actsparse {
namespace {

// The contents of a CPU tensor that vector's type fits.
template <class T>
at::Tensor tensor_of(const std::vector<T>& values) {
  auto tensor =
      at::empty({static_cast<int64_t>(values.size())}, c10::CppTypeToScalarType<T>::value);
  std::copy(values.begin(), values.end(), tensor.template data_ptr<T>());
  return tensor;
}

at::Tensor tensor_of(const ExactSums& sums) {
  std::vector<at::Tensor> rows;
  for (const auto& part : sums.canonical()) rows.push_back(tensor_of(part));
  return at::stack(rows);
}

Error misfit(const std::string& name) {
  return {ErrorKind::State, "what is kept of evaluate under '" + name +
                                "' is missing or of another form; evaluate again"};
}

template <class T>
const T* data_of(const NamedTensors& tensors, const std::string& name, int64_t columns,
                 int64_t& rows) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  if (found == tensors.end()) throw misfit(name);
  const auto& tensor = found->second;
  const bool fits = tensor.scalar_type() == c10::CppTypeToScalarType<T>::value &&
                    tensor.device().is_cpu() && tensor.is_contiguous() && tensor.dim() >= 1 &&
                    tensor.size(-1) == columns;
  if (!fits) throw misfit(name);
  rows = columns == 0 ? 0 : tensor.numel() / columns;
  return tensor.template data_ptr<T>();
}

}  // namespace

void Tally::add(int64_t sum, double term) {
  constexpr double most = 1e300;  // of which 1e8 still have a finite sum
  const double size = std::fabs(term);
  if (size <= most)
    sums.add(sum, term);
  else
    sums.add_special(sum, std::isnan(term) ? term : std::copysign(HUGE_VAL, term));
}

void Tally::raise(size_t maximum, double value) {
  if (!(value <= maxima[maximum]) && !std::isnan(maxima[maximum])) maxima[maximum] = value;
}

void Tally::merge(const Tally& other) {
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  for (size_t i = 0; i < maxima.size(); ++i) raise(i, other.maxima[i]);
  for (int64_t cell = 0; cell < sums.cells(); ++cell)
    for (const double part : other.sums.parts_of(cell)) add(cell, part);
}

void append_tensors(const Tally& tally, const std::string& name, NamedTensors& tensors) {
  tensors.emplace_back(name + "/counts", tensor_of(tally.counts));
  tensors.emplace_back(name + "/maxima", tensor_of(tally.maxima));
  tensors.emplace_back(name + "/sums", tensor_of(tally.sums));
}

void merge_tensors(const NamedTensors& tensors, const std::string& name, Tally& tally) {
  int64_t rows = 0;
  const auto count = static_cast<int64_t>(tally.counts.size());
  const auto* counts = data_of<int64_t>(tensors, name + "/counts", count, rows);
  const auto most = static_cast<int64_t>(tally.maxima.size());
  const auto* maxima = data_of<double>(tensors, name + "/maxima", most, rows);
  const auto* sums = data_of<double>(tensors, name + "/sums", tally.sums.cells(), rows);
  for (size_t i = 0; i < tally.counts.size(); ++i) tally.counts[i] += counts[i];
  for (size_t i = 0; i < tally.maxima.size(); ++i) tally.raise(i, maxima[i]);
  for (int64_t i = 0; i < rows * tally.sums.cells(); ++i)
    tally.add(i % tally.sums.cells(), sums[i]);
}

}  // namespace actsparse
