#include "statistics/products.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

TEST_CASE("products with the own transpose, whatever is halved", "[statistics]") {
  const int64_t count = GENERATE(1, 128, 129, 300, 517);
  const at::Tensor columns = normal({2, count, 40}, 1).to(at::kDouble);
  const at::Tensor once = columns.bmm(columns.transpose(1, 2));
  const at::Tensor sums = at::zeros_like(once);
  add_products(sums, columns);
  CHECK(at::allclose(sums, once, 1e-12, 1e-12));
  add_products(sums, columns);
  CHECK(at::allclose(sums, 2 * once, 1e-12, 1e-12));
}
