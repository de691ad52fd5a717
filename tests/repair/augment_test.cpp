#include "repair/augment.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/nets.h"
#include "repair/tune.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

at::Tensor augmented(const at::Tensor& images, const AugmentConfig& how, uint64_t seed) {
  std::vector<c10::IValue> arguments = {images};
  augment(arguments, how, seed);
  return arguments[0].toTensor();
}

// One of the ways in which an image may be placed.
bool is_placed(const at::Tensor& found, const at::Tensor& image, const AugmentConfig& how) {
  const at::Tensor padded =
      at::constant_pad_nd(image, {how.shift, how.shift, how.shift, how.shift});
  for (int64_t down = 0; down <= 2 * how.shift; ++down)
    for (int64_t right = 0; right <= 2 * how.shift; ++right) {
      const at::Tensor one = padded.narrow(1, down, image.size(1)).narrow(2, right, image.size(2));
      if (found.equal(one) || (how.flip && found.equal(one.flip(2)))) return true;
    }
  return false;
}

}  // namespace

TEST_CASE("images are mirrored and moved, others each time, the same for a seed", "[repair]") {
  const auto how =
      GENERATE(AugmentConfig{true, 0}, AugmentConfig{false, 2}, AugmentConfig{true, 1});
  const at::Tensor images = normal({32, 3, 5, 4}, 1), before = images.clone();
  const at::Tensor found = augmented(images, how, 7);
  REQUIRE(found.sizes() == images.sizes());
  CHECK(images.equal(before));
  CHECK_FALSE(found.equal(images));
  for (int64_t i = 0; i < 32; ++i) CHECK(is_placed(found[i], images[i], how));
  CHECK(found.equal(augmented(images, how, 7)));
  CHECK_FALSE(found.equal(augmented(images, how, 8)));
}

TEST_CASE("images of one sample go the same way, other arguments stay", "[repair]") {
  const at::Tensor images = normal({16, 3, 6, 6}, 1), scale = normal({16, 3}, 2);
  std::vector<c10::IValue> arguments = {images, scale, 2 * images, 3};
  augment(arguments, {true, 2}, 5);
  CHECK(arguments[2].toTensor().equal(2 * arguments[0].toTensor()));
  CHECK(arguments[1].toTensor().is_same(scale));
  CHECK(arguments[3].toInt() == 3);
}

TEST_CASE("a model that is given no images is told that it cannot be augmented", "[repair]") {
  const auto error = error_of([] { augmented(normal({4, 6}, 1), {true, 0}, 1); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "repair.tune.augment"));
}

TEST_CASE("tuning on augmented images asks the unmasked model about these", "[repair]") {
  // The teacher's answers depend on where the image's weight is; the student learns its shift.
  const auto made = [](double off) {
    return net("  return torch.linear(torch.flatten(x, 1), self.w)\n",
               {{"w", weight({3, 32}) + off * weight({3, 32}, 9)}});
  };
  std::vector<std::vector<c10::IValue>> few;
  for (uint64_t i = 0; i < 5; ++i) few.push_back({normal({4, 2, 4, 4}, i)});
  const auto off_elsewhere = [&](const std::optional<AugmentConfig>& how) {
    TuneOptions options{
        {300, 4, 0.01, "mse", {}, how}, 0.2, 1, std::filesystem::temp_directory_path()};
    const Tuned found = tune(made(0), made(0.3), *batches_in_memory(few), options);
    const at::Tensor unseen = normal({200, 2, 4, 4}, 77);
    return (run_forward(found.module, unseen) - run_forward(made(0), unseen))
        .square()
        .mean()
        .item<double>();
  };
  // 16 images cannot tell all of 32 weights; placed anew they can.
  CHECK(off_elsewhere(AugmentConfig{true, 2}) < 0.2 * off_elsewhere(std::nullopt));
}
