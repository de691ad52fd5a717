#include "compact/grids.h"

#include <ATen/ATen.h>

#include "compact/channels.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

at::Tensor as_stored(const at::Tensor& ids) { return canonical({ids, ids.to(at::kDouble)}).ids; }

}  // namespace

TEST_CASE("a grid has an id for each combination of heads and channels", "[compact]") {
  const auto grid = at::arange(1, 7).view({2, 1, 3}).expand({2, 4, 3});
  CHECK(is_grid(as_stored(grid)));
  CHECK(is_grid(as_stored(grid.repeat_interleave(2, 0))));
  CHECK(is_grid(as_stored(grid.repeat({3, 1, 1}))));
  CHECK_FALSE(is_grid(as_stored(at::arange(1, 7).expand({4, 6}))));
  CHECK_FALSE(is_grid(as_stored(grid - 1)));  // 0 is what must be kept
  CHECK_FALSE(is_grid(as_stored(at::tensor({1, 1, 1, 2}, at::kLong).view({2, 2}))));
}

TEST_CASE("the period of an axis is how many slices repeat to its end", "[compact]") {
  const auto ids = at::arange(1, 7).view({3, 2});
  CHECK(period(as_stored(ids), 0) == 3);
  CHECK(period(as_stored(ids.repeat({4, 1})), 0) == 3);
  CHECK(period(as_stored(ids.repeat_interleave(4, 0)), 0) == 12);
  CHECK(period(as_stored(ids.repeat({4, 1}).slice(0, 0, 11)), 0) == 11);
  CHECK(period(as_stored(at::ones({5, 2}, at::kLong)), 0) == 1);
}

TEST_CASE("ids are tied along an axis", "[compact]") {
  Ids ids;
  const auto grid = ids.fresh(6).view({2, 3});
  const auto tied = tied_along(ids, grid, 0);
  CHECK(changing_axes(tied) == std::vector<int64_t>{1});
  CHECK(tied.sizes() == grid.sizes());
  CHECK(ids.roots(grid).equal(at::tensor({1, 2, 3, 1, 2, 3}, at::kLong).view({2, 3})));
}

TEST_CASE("tied to one axis, the one with most to choose stays", "[compact]") {
  Ids ids;
  const auto grid = ids.fresh(6).view({3, 2});
  CHECK(changing_axes(tied_to_one_axis(ids, grid)) == std::vector<int64_t>{0});
  CHECK(ids.roots(grid).equal(at::tensor({1, 1, 3, 3, 5, 5}, at::kLong).view({3, 2})));
}
