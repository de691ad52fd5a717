#include "sparsifier/sparse_mask.h"

#include <ATen/core/Dict.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <random>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

at::Tensor back(const at::Tensor& mask) { return dense_mask(sparse_parts(mask)); }

}  // namespace

TEST_CASE("a mask is stored by its non-zero elements", "[sparsifier]") {
  const auto parts = sparse_parts(tensor1d({0, 2, 0, 3}).view({2, 2})).toGenericDict();
  CHECK(
      bit_equal(parts.at("indices").toTensor(), tensor1d({0, 1, 1, 1}).view({2, 2}).to(at::kLong)));
  CHECK(bit_equal(parts.at("values").toTensor(), tensor1d({2, 3})));
  CHECK(parts.at("size").toListRef()[1].toInt() == 2);
}

TEST_CASE("0-d, bool, empty, all-zero and non-contiguous masks come back", "[sparsifier]") {
  for (const at::Tensor& mask :
       {at::full({}, 1.0), at::full({}, 0.0), at::full({}, true, at::kBool), at::zeros({0}),
        at::zeros({3, 0, 2}), at::zeros({2, 3}), at::full({2, 3}, true, at::kBool),
        tensor1d({1, 0, 1, 1, 0, 0}).view({2, 3}).t()})
    CHECK(bit_equal(back(mask), mask));
}

TEST_CASE("masks of any shape and dtype come back bit for bit", "[sparsifier]") {
  std::mt19937 generator(11);
  const at::ScalarType dtypes[] = {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16,
                                   at::kLong,  at::kBool,   at::kByte, at::kComplexFloat};
  for (uint64_t i = 0; i < 200; ++i) {
    std::vector<int64_t> shape(generator() % 5);
    for (auto& size : shape) size = static_cast<int64_t>(generator() % 4);
    const at::Tensor mask = normal(shape, i).clamp_min(0).to(dtypes[i % 8]);
    INFO("mask " << i);
    REQUIRE(bit_equal(back(mask), mask));
  }
}

TEST_CASE("a mask that needs gradients comes back without", "[sparsifier]") {
  at::Tensor mask = tensor1d({1, 0});
  mask.requires_grad_(true);
  CHECK_FALSE(back(mask).requires_grad());
}
