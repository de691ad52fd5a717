#include "record/run.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace actsparse {
namespace {

bool has_tensor(const c10::IValue& value) { return value.isTensor() && value.toTensor().defined(); }

}  // namespace

std::vector<ArgumentRecord> describe(const std::vector<c10::IValue>& arguments) {
  std::vector<ArgumentRecord> records;
  for (const auto& argument : arguments) {
    if (argument.isTensor())
      records.push_back({argument.toTensor().sizes().vec(), argument.toTensor().scalar_type(), {}});
    else
      records.push_back({{}, std::nullopt, argument});
  }
  return records;
}

std::vector<std::vector<int64_t>> sizes_in(const c10::IValue& argument) {
  if (has_tensor(argument)) return {argument.toTensor().sizes().vec()};
  if (!argument.isList()) return {};
  const auto elements = argument.toListRef();
  if (!std::all_of(elements.begin(), elements.end(), has_tensor)) return {};
  std::vector<std::vector<int64_t>> sizes;
  for (const c10::IValue& element : elements) sizes.push_back(element.toTensor().sizes().vec());
  return sizes;
}

std::optional<int64_t> samples_in(const c10::IValue& argument) {
  const auto sizes = sizes_in(argument);
  if (sizes.empty()) return std::nullopt;
  if (!argument.isTensor()) return static_cast<int64_t>(sizes.size());
  return sizes[0].empty() ? std::nullopt : std::optional(sizes[0][0]);
}

int64_t batch_size_of(const std::vector<ArgumentRecord>& arguments) {
  for (const auto& argument : arguments) {
    if (!argument.shape.empty()) return argument.shape.front();
    if (const auto samples = samples_in(argument.constant)) return *samples;
  }
  return 0;
}

int64_t batch_size_of(const std::vector<c10::IValue>& arguments) {
  return batch_size_of(describe(arguments));
}

int64_t samples_of(const StateMeta& meta) {
  return meta.takes_one_size ? 0 : batch_size_of(meta.arguments);
}

}  // namespace actsparse
