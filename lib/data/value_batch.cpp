#include "data/value_batch.h"

#include <algorithm>
#include <utility>

namespace actsparse {

Batch value_batch(std::vector<c10::IValue> arguments, std::string origin) {
  const int64_t samples = batch_size_of(arguments);
  return {std::move(arguments), samples, std::move(origin)};
}

int64_t smaller_last(const std::vector<int64_t>& sizes) {
  if (sizes.size() < 2 || sizes.back() >= sizes.front()) return 0;
  const bool equal = std::all_of(sizes.begin(), sizes.end() - 1,
                                 [&](int64_t size) { return size == sizes.front(); });
  return equal ? sizes.back() : 0;
}

}  // namespace actsparse
