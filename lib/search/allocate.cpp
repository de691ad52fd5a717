#include "search/allocate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace actsparse {
namespace {

constexpr double kSteps = 1e4;  // of what is saved, in the whole
constexpr double kUnreached = std::numeric_limits<double>::infinity();

int64_t steps_of(double saved) { return std::llround(saved * kSteps); }

// Least costs of the groups so far by what they save, capped at what is needed; `chosen` tells
// which option of the last group leads there.
struct Row {
  std::vector<double> least;
  std::vector<size_t> chosen;
  std::vector<int64_t> before;
};

int64_t at_most(int64_t steps, int64_t most) { return std::clamp<int64_t>(steps, 0, most); }

Row next_row(const std::vector<double>& least, const std::vector<Option>& options) {
  const auto most = static_cast<int64_t>(least.size()) - 1;
  Row row{std::vector<double>(least.size(), kUnreached), std::vector<size_t>(least.size(), 0),
          std::vector<int64_t>(least.size(), -1)};
  for (int64_t saved = 0; saved <= most; ++saved) {
    if (least[saved] == kUnreached) continue;
    for (size_t i = 0; i < options.size(); ++i) {
      const int64_t to = at_most(saved + steps_of(options[i].saved), most);
      const double cost = least[saved] + options[i].cost;
      if (!(cost < row.least[to])) continue;
      row.least[to] = cost;
      row.chosen[to] = i;
      row.before[to] = saved;
    }
  }
  return row;
}

}  // namespace

std::vector<size_t> allocate(const std::vector<std::vector<Option>>& groups, double needed) {
  const int64_t most = std::max<int64_t>(steps_of(needed), 0);
  std::vector<Row> rows;
  std::vector<double> least(static_cast<size_t>(most) + 1, kUnreached);
  least[0] = 0;
  for (const auto& options : groups) {
    rows.push_back(next_row(least, options));
    least = rows.back().least;
  }
  int64_t saved = most;
  while (saved > 0 && least[saved] == kUnreached) --saved;
  std::vector<size_t> chosen(groups.size());
  for (size_t i = groups.size(); i-- > 0;) {
    chosen[i] = rows[i].chosen[saved];
    saved = rows[i].before[saved];
  }
  return chosen;
}

}  // namespace actsparse
