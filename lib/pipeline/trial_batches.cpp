#include "pipeline/trial_batches.h"

#include <ATen/ops/arange.h>

#include "record/run.h"

namespace actsparse {
namespace {

int64_t three_quarters(int64_t side) {
  const int64_t smaller = side * 3 / 4;
  return smaller >= 32 ? smaller / 32 * 32 : smaller;
}

}  // namespace

Arguments with_samples(const Arguments& batch, int64_t count) {
  const int64_t size = batch_size_of(batch);
  if (size < 1) return {};
  const auto index = at::arange(count).remainder(size);
  Arguments chosen;
  for (const auto& argument : batch) {
    const bool is_batched =
        argument.isTensor() && argument.toTensor().dim() > 0 && argument.toTensor().size(0) == size;
    chosen.push_back(is_batched ? argument.toTensor().index_select(0, index) : argument);
  }
  return chosen;
}

Arguments with_smaller_images(const Arguments& batch) {
  Arguments smaller;
  bool changed = false;
  for (const auto& argument : batch) {
    smaller.push_back(argument);
    if (!argument.isTensor() || argument.toTensor().dim() != 4) continue;
    const auto& images = argument.toTensor();
    const int64_t height = three_quarters(images.size(2)), width = three_quarters(images.size(3));
    if (height < 1 || width < 1) continue;
    smaller.back() = images.narrow(2, 0, height).narrow(3, 0, width).contiguous();
    changed = true;
  }
  return changed ? smaller : Arguments();
}

std::vector<Arguments> sizes_to_try(const Arguments& batch) {
  const Arguments two = with_samples(batch, 2);
  if (two.empty()) return {batch};
  std::vector<Arguments> sizes = {two, with_samples(batch, 3)};
  if (auto smaller = with_smaller_images(two); !smaller.empty())
    sizes.push_back(std::move(smaller));
  return sizes;
}

}  // namespace actsparse
