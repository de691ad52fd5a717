#include "data/value_batch.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <utility>

namespace actsparse {

int64_t sample_count(const std::vector<std::vector<int64_t>>& shapes) {
  for (const auto& shape : shapes)
    if (!shape.empty()) return shape.front();
  return 0;
}

int64_t sample_count(const std::vector<c10::IValue>& arguments) {
  std::vector<std::vector<int64_t>> shapes;
  for (const auto& argument : arguments)
    if (argument.isTensor()) shapes.push_back(argument.toTensor().sizes().vec());
  return sample_count(shapes);
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
