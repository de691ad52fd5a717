#include "compact/solution.h"

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

std::vector<int64_t> kept_of(const Solution& solution, const Ids& ids) {
  std::vector<int64_t> kept;
  for (int64_t id = 1; id < ids.size(); ++id)
    if (solution.is_kept(id)) kept.push_back(id);
  return kept;
}

Need always(std::vector<int64_t> then, const std::string& reason = "") {
  return {{Ids::needed}, std::move(then), nullptr, reason};
}

using Kept = std::vector<int64_t>;

}  // namespace

TEST_CASE("what is needed is kept with all that it needs, and nothing else", "[compact]") {
  Ids ids;
  ids.fresh(6);
  Constraints constraints;
  constraints.needs = {
      {{2}, {3}, nullptr, "second"}, {{5}, {6}, nullptr, ""}, always({2}, "first")};
  const auto solution = solve(ids, constraints);
  CHECK(kept_of(solution, ids) == Kept{2, 3});
  CHECK(solution.cause(2).reason == "first");
  CHECK(solution.cause(3).reason == "second");
  CHECK(solve(ids, {}).is_kept(Ids::needed));
}

TEST_CASE("what keeps a channel keeps it at other places too", "[compact]") {
  Ids ids;
  ids.fresh(4);
  Constraints constraints;
  constraints.needs = {{{1}, {2}, nullptr, "a gate", true},
                       {{2}, {3}, nullptr, "a sum", true},
                       {{3}, {4}, nullptr, "a layer"},
                       always({1}, "no rule")};
  const auto solution = solve(ids, constraints);
  CHECK(solution.cause(2).reason == "no rule");
  CHECK(solution.cause(3).reason == "no rule");
  CHECK(solution.cause(4).reason == "a layer");
}

TEST_CASE("a class is kept as a whole", "[compact]") {
  Ids ids;
  ids.fresh(4);
  ids.tie(1, 3);
  Constraints constraints;
  constraints.needs = {{{1}, {4}, nullptr, ""}, always({3})};
  CHECK(kept_of(solve(ids, constraints), ids) == Kept{1, 3, 4});
}

TEST_CASE("groups that are left keep as many channels as the largest", "[compact]") {
  Ids ids;
  const auto in = ids.fresh(6).view({3, 2}), out = ids.fresh(6).view({3, 2});
  Constraints constraints;
  constraints.balances = {{in, out, nullptr}};
  constraints.needs = {always({1, 2, 7, 9})};  // group 0 reads both of its inputs, 1 reads none
  const auto solution = solve(ids, constraints);
  CHECK(kept_of(solution, ids) == Kept{1, 2, 3, 4, 7, 9});  // nothing of group 2
  CHECK(solution.cause(3).reason == "another group keeps as many");
}

TEST_CASE("of every value at least one channel stays, the first", "[compact]") {
  Ids ids;
  const auto value = ids.fresh(3);
  Constraints constraints;
  constraints.boxes = {{value, nullptr}};
  const auto solution = solve(ids, constraints);
  CHECK(kept_of(solution, ids) == Kept{1});
  CHECK(solution.cause(1).reason == "one channel must stay");
}

TEST_CASE("what is kept of a value is a rectangle", "[compact]") {
  Ids ids;
  const auto value = ids.fresh(9).view({3, 3});
  Constraints constraints;
  constraints.boxes = {{value, nullptr}};
  constraints.needs = {always({1, 5})};  // [0, 0] and [1, 1]
  const auto solution = solve(ids, constraints);
  CHECK(kept_of(solution, ids) == Kept{1, 2, 4, 5});
  CHECK(solution.cause(2).reason == "what is left would not be a rectangle");
}

TEST_CASE("what a balance or a box adds is followed to what that needs", "[compact]") {
  Ids ids;
  const auto value = ids.fresh(2);
  ids.fresh(2);
  Constraints constraints;
  constraints.boxes = {{value, nullptr}};
  constraints.needs = {{{1}, {4}, nullptr, ""}};
  CHECK(kept_of(solve(ids, constraints), ids) == Kept{1, 4});
}

TEST_CASE("values that share an axis keep the same indices of it", "[compact]") {
  Ids ids;
  const auto scores = ids.fresh(3).view({3, 1}), values = ids.fresh(6).view({3, 2});
  Constraints constraints;
  constraints.shared_axes = {{{scores, values}, nullptr, true}};
  constraints.needs = {always({1, 7})};  // scores' index 0, and of values [1, 1]
  const auto solution = solve(ids, constraints);
  CHECK(kept_of(solution, ids) == Kept{1, 2, 5, 7});  // of values' index 0 what others keep, too
  CHECK(solution.cause(2).reason == "its other operand keeps as many");
}

TEST_CASE("a tensor of ids is asked element by element", "[compact]") {
  Ids ids;
  ids.fresh(3);
  Constraints constraints;
  constraints.needs = {always({2})};
  const auto kept = solve(ids, constraints).is_kept(tensor1d({1, 2, 0}).to(at::kLong));
  CHECK(kept.equal(tensor1d({0, 1, 1}).to(at::kBool)));
}
