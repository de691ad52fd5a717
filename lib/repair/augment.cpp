#include "repair/augment.h"

#include <ATen/Functions.h>

#include <random>

#include "base/error.h"

namespace actsparse {
namespace {

bool is_images(const c10::IValue& argument) {
  return argument.isTensor() && argument.toTensor().dim() == 4 &&
         argument.toTensor().is_floating_point();
}

// How one sample is placed.
struct Placement {
  bool mirrored;
  int64_t down, right;  // from 0 to 2 * shift: where the window on the padded image begins
};

// Whole numbers by remainders: distributions differ between libraries.
std::vector<Placement> placements(int64_t samples, const AugmentConfig& how, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto steps = static_cast<uint64_t>(2 * how.shift + 1);
  std::vector<Placement> drawn;
  for (int64_t i = 0; i < samples; ++i) {
    const bool mirrored = random() % 2 == 1;
    const auto down = static_cast<int64_t>(random() % steps);
    drawn.push_back({how.flip && mirrored, down, static_cast<int64_t>(random() % steps)});
  }
  return drawn;
}

at::Tensor placed(const at::Tensor& images, const AugmentConfig& how, uint64_t seed) {
  const int64_t height = images.size(2), width = images.size(3), by = how.shift;
  const auto drawn = placements(images.size(0), how, seed);
  const at::Tensor padded = at::constant_pad_nd(images, {by, by, by, by});
  std::vector<at::Tensor> all;
  for (size_t i = 0; i < drawn.size(); ++i) {
    const at::Tensor one = padded[static_cast<int64_t>(i)]
                               .narrow(1, drawn[i].down, height)
                               .narrow(2, drawn[i].right, width);
    all.push_back(drawn[i].mirrored ? one.flip(2) : one);
  }
  return all.empty() ? images : at::stack(all).contiguous(images.suggest_memory_format());
}

}  // namespace

void augment(std::vector<c10::IValue>& arguments, const AugmentConfig& how, uint64_t seed) {
  bool has_any = false;
  for (auto& argument : arguments) {
    if (!is_images(argument)) continue;
    has_any = true;
    argument = placed(argument.toTensor(), how, seed);
  }
  if (!has_any)
    throw Error(ErrorKind::Config,
                "repair.tune.augment: the model is given no images (floating tensors [samples, "
                "channels, height, width]); leave it out");
}

}  // namespace actsparse
