#include "search/allocate.h"

#include <limits>
#include <random>

#include "support/catch.h"

using namespace actsparse;

namespace {

using Groups = std::vector<std::vector<Option>>;

struct Sum {
  double cost = 0, saved = 0;
};

Sum sum_of(const Groups& groups, const std::vector<size_t>& chosen) {
  Sum sum;
  for (size_t i = 0; i < groups.size(); ++i) {
    sum.cost += groups[i][chosen[i]].cost;
    sum.saved += groups[i][chosen[i]].saved;
  }
  return sum;
}

// By trying all.
double least_cost(const Groups& groups, double needed, size_t group = 0, Sum so_far = {}) {
  if (group == groups.size())
    return so_far.saved >= needed - 1e-9 ? so_far.cost : std::numeric_limits<double>::infinity();
  double least = std::numeric_limits<double>::infinity();
  for (const Option& option : groups[group])
    least = std::min(least, least_cost(groups, needed, group + 1,
                                       {so_far.cost + option.cost, so_far.saved + option.saved}));
  return least;
}

}  // namespace

TEST_CASE("an allocation saves what is needed at the least cost there is", "[search]") {
  std::mt19937 random(5);
  const auto number = [&] { return static_cast<double>(random() % 1000) / 1000; };
  for (int round = 0; round < 200; ++round) {
    Groups groups(1 + random() % 5);
    double most = 0;
    for (auto& options : groups) {
      options = {{0, 0}};
      double best = 0;
      for (size_t i = random() % 4; i-- > 0;) {
        options.push_back({number(), number() / 5});
        best = std::max(best, options.back().saved);
      }
      most += best;
    }
    const double needed = most * number();
    const Sum sum = sum_of(groups, allocate(groups, needed));
    CHECK(sum.saved >= needed - 1e-9);
    CHECK(sum.cost == Approx(least_cost(groups, needed)));
  }
}

TEST_CASE("where nothing saves enough, the most is saved", "[search]") {
  const Groups groups = {{{0, 0}, {1, 0.2}, {9, 0.3}}, {{0, 0}, {5, 0.1}}};
  CHECK(allocate(groups, 0.9) == std::vector<size_t>{2, 1});
  CHECK(allocate({{{0, 0}}}, 0.5) == std::vector<size_t>{0});
}

TEST_CASE("what is needed no longer is not given up", "[search]") {
  const Groups groups = {{{0, 0}, {1, 0.2}}, {{0, 0}, {1, -0.1}}};
  CHECK(allocate(groups, 0) == std::vector<size_t>{0, 0});
  CHECK(allocate(groups, -1) == std::vector<size_t>{0, 0});
  CHECK(allocate({}, 0.5).empty());
}
