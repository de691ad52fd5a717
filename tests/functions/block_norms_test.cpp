#include "functions/block_norms.h"

#include <cmath>

#include "functions/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using Values = std::vector<double>;

TEST_CASE("block norms equal plain loops, partial blocks included", "[functions]") {
  const auto x = random_tensor({3, 5, 7}, 4);
  const auto norms = block_norms(x, {2, 3});
  REQUIRE(norms.sizes() == at::IntArrayRef({3, 3, 3}));
  Values expected(27, 0);
  for (int64_t a = 0; a < 3; ++a)
    for (int64_t b = 0; b < 5; ++b)
      for (int64_t c = 0; c < 7; ++c)
        expected[static_cast<size_t>((a * 3 + b / 2) * 3 + c / 3)] +=
            std::pow(x[a][b][c].item<double>(), 2);
  for (size_t i = 0; i < 27; ++i) CHECK(flat(norms)[i] == Approx(std::sqrt(expected[i])));
}

TEST_CASE("unblock gives every element its block's value", "[functions]") {
  const auto blocks = tensor_of({1, 2, 3, 4}, {2, 2});
  CHECK(flat(unblock(blocks, {2, 2}, {3, 3})) == Values{1, 1, 2, 1, 1, 2, 3, 3, 4});
  CHECK(flat(unblock(blocks, {2}, {2, 3})) == Values{1, 1, 2, 3, 3, 4});
}

TEST_CASE("block drops whole blocks, smallest norms first", "[functions]") {
  const auto mask = [](double level, const std::vector<int64_t>& shape, const at::Tensor& x) {
    return flat(mask_of("block", {{"sparsity_level", level}, {"block_shape", shape}}, x));
  };
  // Norms of the 1x2 blocks (the last of each row partial): 5, 4.5, 1; 1.4, 0, 6.
  const auto x = tensor_of({3, 4, -4.5, 0, 1, 1, -1, 0, 0, -6}, {2, 5});
  CHECK(mask(0.5, {1, 2}, x) == Values{1, 1, 1, 1, 0, 0, 0, 0, 0, 1});
  CHECK(mask(0.25, {1, 2}, x) == Values{1, 1, 1, 1, 0, 1, 1, 0, 0, 1});  // 1.5 -> 2 blocks
  CHECK(mask(0.5, {9, 9}, x) == Values(10, 1));                          // 0.5 -> 0 blocks
  CHECK(mask(1, {9, 9}, x) == Values(10, 0));
}

TEST_CASE("blocks of equal norm: the lower index is dropped", "[functions]") {
  const nlohmann::json config = {{"sparsity_level", 0.5}, {"block_shape", {2}}};
  CHECK(flat(mask_of("block", config, tensor_of({3, 4, 4, 3, 0, -5, 5, 0}))) ==
        Values{0, 0, 0, 0, 1, 1, 1, 1});
}

TEST_CASE("a block_shape with too many dimensions is refused", "[functions]") {
  const nlohmann::json config = {{"sparsity_level", 0.5}, {"block_shape", {2, 2}}};
  const Error error = error_of([&] { mask_of("block", config, tensor_of({1, 2})); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(error.what() ==
        std::string("block: block_shape [2, 2] has more dimensions than a tensor of shape [2]"));
}
