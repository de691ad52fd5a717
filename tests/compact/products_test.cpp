#include "compact/rules/products.h"

#include "support/catch.h"

using namespace actsparse;
using namespace actsparse::rules;

namespace {

using Labels = std::vector<int64_t>;

}  // namespace

TEST_CASE("matmul's factors share a summed axis and broadcast the others", "[compact]") {
  const auto labels = matmul_labels(4, 3);
  CHECK(labels.a == Labels{-2, -1, 'n', 'k'});
  CHECK(labels.b == Labels{-1, 'k', 'm'});
  CHECK(labels.result == Labels{-2, -1, 'n', 'm'});
  CHECK(matmul_labels(2, 3).result == Labels{-1, 'n', 'm'});
}

TEST_CASE("an einsum of two operands says what each axis is", "[compact]") {
  const auto plain = einsum_labels("bqhd, bkhd -> bhqk", 4, 4);
  CHECK(plain.a == Labels{'b', 'q', 'h', 'd'});
  CHECK(plain.result == Labels{'b', 'h', 'q', 'k'});
  const auto spread = einsum_labels("...ij,...jk->...ik", 4, 3);
  CHECK(spread.a == Labels{-2, -1, 'i', 'j'});
  CHECK(spread.b == Labels{-1, 'j', 'k'});
  CHECK(spread.result == Labels{-2, -1, 'i', 'k'});
  CHECK(einsum_labels("bij,bjk", 3, 3).result == Labels{'i', 'k'});
  CHECK(einsum_labels("ij,jk", 2, 2).result == Labels{'i', 'k'});
}

TEST_CASE("other einsums are not understood", "[compact]") {
  for (const char* equation : {"ij->i", "ij,jk,kl->il", "ii,ij->ij"})
    CHECK_THROWS_AS(einsum_labels(equation, 2, 2), NotUnderstood);
  CHECK_THROWS_AS(einsum_labels("ijk,jk->ik", 2, 2), NotUnderstood);
}

TEST_CASE("a product costs one multiplication for each combination of its axes", "[compact]") {
  CHECK(product_macs(matmul_labels(3, 3), {2, 3, 4}, {2, 4, 5}) == 2 * 3 * 4 * 5);
  CHECK(product_macs(einsum_labels("bqhd,bkhd->bhqk", 4, 4), {2, 3, 4, 5}, {2, 6, 4, 5}) ==
        2 * 3 * 4 * 5 * 6);
}
