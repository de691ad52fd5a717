#include "data/value_batch.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <utility>

namespace actsparse {

int64_t sample_count(const std::vector<c10::IValue>& arguments) {
  for (const auto& argument : arguments)
    if (argument.isTensor()) return argument.toTensor().dim() > 0 ? argument.toTensor().size(0) : 0;
  return 0;
}

Batch value_batch(std::vector<c10::IValue> arguments, std::string origin) {
  const int64_t samples = sample_count(arguments);
  return {std::move(arguments), samples, std::move(origin)};
}

int64_t smaller_last(const std::vector<int64_t>& sizes) {
  if (sizes.size() < 2 || sizes.back() >= sizes.front()) return 0;
  const bool equal = std::all_of(sizes.begin(), sizes.end() - 1,
                                 [&](int64_t size) { return size == sizes.front(); });
  return equal ? sizes.back() : 0;
}

}  // namespace actsparse
