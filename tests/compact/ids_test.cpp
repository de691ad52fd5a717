#include "compact/ids.h"

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

at::Tensor numbers(const std::vector<double>& values) { return tensor1d(values).to(at::kLong); }

}  // namespace

TEST_CASE("fresh ids are new classes of their own, and 0 is always there", "[compact]") {
  Ids ids;
  CHECK(ids.size() == 1);
  CHECK(ids.root(Ids::needed) == Ids::needed);
  CHECK(ids.fresh(3).equal(numbers({1, 2, 3})));
  CHECK(ids.fresh(2).equal(numbers({4, 5})));
  CHECK(ids.size() == 6);
  for (int64_t id = 0; id < ids.size(); ++id) CHECK(ids.root(id) == id);
}

TEST_CASE("tied ids are one class, over several steps too, named by its smallest id", "[compact]") {
  Ids ids;
  ids.fresh(6);
  ids.tie(5, 4);
  ids.tie(4, 2);
  CHECK(ids.root(5) == 2);
  CHECK(ids.root(4) == 2);
  CHECK(ids.root(3) == 3);
  ids.tie(2, Ids::needed);
  CHECK(ids.root(5) == Ids::needed);
}

TEST_CASE("tensors of ids are tied pair by pair, expanded ones too", "[compact]") {
  Ids ids;
  const auto a = ids.fresh(4).view({2, 2}), b = ids.fresh(2);
  ids.tie(a, b.view({2, 1}).expand({2, 2}));
  CHECK(ids.roots(a).equal(numbers({1, 1, 3, 3}).view({2, 2})));
  CHECK(ids.roots(b).equal(numbers({1, 3})));
}

TEST_CASE("an id tells by its block which call made it", "[compact]") {
  Ids ids;
  ids.fresh(2);
  ids.fresh(3);
  CHECK(ids.block(Ids::needed) == 0);
  CHECK(ids.block(2) == 1);
  CHECK(ids.block(3) == 2);
  ids.tie(2, 3);
  CHECK(ids.block(3) == 2);
}

TEST_CASE("distinct ids are sorted, and 0 is not among them", "[compact]") {
  CHECK(distinct(numbers({7, 0, 3, 7, 3})) == std::vector<int64_t>{3, 7});
  CHECK(distinct(numbers({0, 0})).empty());
}
