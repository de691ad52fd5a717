// Masking what is masked already.
#include <ATen/ATen.h>

#include "hazards/flow.h"
#include "model/apply_masks.h"

using namespace actsparse;

namespace {

const std::vector<Site> layer_b = {{"b", int64_t{0}}};

}  // namespace

TEST_CASE("hazard: the masks of a masked model compose", "[hazards]") {
  const auto once = flow(chain(), layer_b, {{normal({4, 6}, 1)}});
  const auto again = flow(once.masked, layer_b, {{normal({4, 6}, 2)}});
  CHECK(mask_buffer(find_owner(again.masked, "b")) == "activation_mask_1");
  const at::Tensor x = normal({3, 6}, 3);
  CHECK(
      bit_equal(run_forward(again.masked, x), (at::relu(x * 2) * again.mask()) * once.mask() * 3));
}

TEST_CASE("hazard: the same mask twice is the mask once", "[hazards]") {
  const auto once = flow(chain(), layer_b, {{normal({4, 6}, 1)}});
  const auto twice = apply_masks(once.masked, {{layer_b[0], once.mask()}});
  const at::Tensor x = normal({3, 6}, 3);
  CHECK(bit_equal(run_forward(twice, x), run_forward(once.masked, x)));
}
