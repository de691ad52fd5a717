#include "record/run.h"

#include <ATen/core/Tensor.h>

namespace actsparse {

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

int64_t batch_size_of(const std::vector<ArgumentRecord>& arguments) {
  for (const auto& argument : arguments)
    if (!argument.shape.empty()) return argument.shape.front();
  return 0;
}

int64_t batch_size_of(const std::vector<c10::IValue>& arguments) {
  return batch_size_of(describe(arguments));
}

int64_t samples_of(const StateMeta& meta) {
  return meta.takes_one_size ? 0 : batch_size_of(meta.arguments);
}

}  // namespace actsparse
