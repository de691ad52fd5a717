#include "quality/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "quality/made_up.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

template <class T>
std::vector<T> numbers(unsigned seed, int64_t count) {
  std::mt19937 generator(seed);
  std::normal_distribution<T> normal(0, 4);
  std::vector<T> row(static_cast<size_t>(count));
  for (auto& x : row) x = normal(generator);
  return row;
}

bool is_near(double found, long double wanted) {
  return std::fabs(found - static_cast<double>(wanted)) <= 1e-14 * std::fabs(wanted);
}

// One position in a row, or every position of the columns that `positions` rows make.
template <class T>
std::vector<Softmax> softmaxes_of(const std::vector<T>& scores, int64_t classes, int64_t stride) {
  const auto count = static_cast<int64_t>(scores.size()) / classes;
  std::vector<Softmax> found(static_cast<size_t>(count));
  find_softmaxes(ScoreBlock<T>{scores.data(), classes, stride, count}, found.data());
  return found;
}

template <class T>
std::vector<double> divergences_of(const std::vector<T>& b, const std::vector<T>& c,
                                   int64_t classes, int64_t stride) {
  const auto of_b = softmaxes_of(b, classes, stride), of_c = softmaxes_of(c, classes, stride);
  const auto count = static_cast<int64_t>(of_b.size());
  std::vector<double> found(of_b.size());
  find_divergences(ScoreBlock<T>{b.data(), classes, stride, count}, of_b.data(),
                   ScoreBlock<T>{c.data(), classes, stride, count}, of_c.data(), found.data());
  return found;
}

template <class T>
std::vector<T> transposed(const std::vector<T>& rows, size_t columns) {
  std::vector<T> other;
  for (size_t column = 0; column < columns; ++column)
    for (size_t i = column; i < rows.size(); i += columns) other.push_back(rows[i]);
  return other;
}

template <class T>
void check_first_and_rank(int64_t count) {
  auto row = numbers<T>(1, count);
  for (auto& x : row) x = std::round(x);  // so that many are equal
  const auto first = std::max_element(row.begin(), row.end()) - row.begin();
  const auto softmax = softmaxes_of(row, count, 1)[0];
  CHECK(softmax.first == first);
  CHECK(softmax.largest == row[static_cast<size_t>(first)]);
  std::vector<int64_t> order(row.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return row[static_cast<size_t>(a)] > row[static_cast<size_t>(b)];
  });
  for (size_t i = 0; i < order.size(); ++i)
    CHECK(rank_of(row.data(), count, 1, order[i]) == static_cast<int64_t>(i));
}

template <class T>
void check_softmax(int64_t classes) {
  const auto b = numbers<T>(2, classes), c = numbers<T>(3, classes);
  const auto of_b = softmaxes_of(b, classes, 1)[0], of_c = softmaxes_of(c, classes, 1)[0];
  long double denominator = 0, weighted = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    const long double x = static_cast<long double>(b[i]) - of_b.largest,
                      y = static_cast<long double>(c[i]) - of_c.largest;
    denominator += std::exp(x);
    weighted += std::exp(x) * (x - y);
  }
  CHECK(is_near(of_b.denominator, denominator));
  CHECK(std::fabs(divergences_of(b, c, classes, 1)[0] - static_cast<double>(weighted)) <
        1e-13 * static_cast<double>(classes));
}

// Both ways to lay out the same scores say the same, but for the order of additions.
template <class T>
void check_layouts(int64_t classes, int64_t positions) {
  auto b = numbers<T>(4, classes * positions), c = numbers<T>(5, classes * positions);
  const auto columns = static_cast<size_t>(classes);
  const auto rows = softmaxes_of(b, classes, 1),
             lanes = softmaxes_of(transposed(b, columns), classes, positions);
  const auto by_row = divergences_of(b, c, classes, 1),
             by_lane =
                 divergences_of(transposed(b, columns), transposed(c, columns), classes, positions);
  for (size_t i = 0; i < rows.size(); ++i) {
    CHECK(lanes[i].first == rows[i].first);
    CHECK(lanes[i].largest == rows[i].largest);
    CHECK(is_near(lanes[i].denominator, rows[i].denominator));
    CHECK(by_lane[i] == Approx(by_row[i]).epsilon(1e-12).margin(1e-12));
  }
}

template <class T>
void check_errors(int64_t count) {
  const auto b = numbers<T>(4, count), c = numbers<T>(5, count);
  long double bb = 0, cc = 0, bc = 0, dd = 0, most = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    const long double x = b[i], y = c[i];
    bb += x * x;
    cc += y * y;
    bc += x * y;
    dd += (y - x) * (y - x);
    most = std::max(most, std::fabs(y - x));
  }
  const auto sums = error_sums(b.data(), c.data(), count);
  CHECK(is_near(sums.baseline, bb));
  CHECK(is_near(sums.candidate, cc));
  CHECK(std::fabs(sums.product - static_cast<double>(bc)) < 1e-13 * static_cast<double>(bb));
  CHECK(is_near(sums.difference, dd));
  CHECK(is_near(sums.largest, most));
}

}  // namespace

TEST_CASE("Any number of classes gives the first of the largest, and ranks", "[quality]") {
  for (int64_t count = 1; count <= 70; ++count) {
    check_first_and_rank<float>(count);
    check_first_and_rank<double>(count);
  }
}

TEST_CASE("Sums of any number of terms are those of long double", "[quality]") {
  for (const int64_t count : {1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100, 1000}) {
    check_softmax<float>(count);
    check_softmax<double>(count);
    check_errors<float>(count);
    check_errors<double>(count);
  }
}

TEST_CASE("Scores side by side and scores apart say the same", "[quality]") {
  for (const int64_t classes : {2, 3, 10, 21})
    for (const int64_t positions : {2, 7, 8, 9, 30}) {
      check_layouts<float>(classes, positions);
      check_layouts<double>(classes, positions);
    }
}

TEST_CASE("Scores apart have their ranks too", "[quality]") {
  const std::vector<float> scores = {5, 0, 7, 0, 5, 0, 9, 0};  // two positions of four classes
  const int64_t wanted[] = {2, 1, 3, 0};
  for (int64_t at = 0; at < 4; ++at) CHECK(rank_of(scores.data(), 4, 2, at) == wanted[at]);
}

TEST_CASE("Exponentials are exact to the last bits, from 0 to where they vanish", "[quality]") {
  const auto exp_of = [](double x) {
    return softmaxes_of<double>({0, x}, 2, 1)[0].denominator - 1;
  };
  for (double x = 0; x > -700; x -= 0.375) {
    const std::vector<double> b = {0, x}, c = {0, x - 1};  // exp(x) * 1
    CHECK(is_near(divergences_of(b, c, 2, 1)[0], std::exp(static_cast<long double>(x))));
  }
  CHECK(exp_of(-800) == 0);
  CHECK(exp_of(-kInfinity) == 0);
  CHECK(exp_of(0) == 1);
}

TEST_CASE("Where a position lies in memory does not show in its sums", "[quality]") {
  const auto b = numbers<float>(6, 37), c = numbers<float>(7, 37);
  const auto wanted = divergences_of(b, c, 37, 1)[0];
  const auto denominator = softmaxes_of(b, 37, 1)[0].denominator;
  const auto errors = error_sums(b.data(), c.data(), 37);
  for (size_t before = 1; before < 20; ++before) {
    auto moved_b = numbers<float>(8, 37 * static_cast<int64_t>(before)), moved_c = moved_b;
    moved_b.insert(moved_b.end(), b.begin(), b.end());
    moved_c.insert(moved_c.end(), c.begin(), c.end());
    CHECK(softmaxes_of(moved_b, 37, 1).back().denominator == denominator);
    CHECK(divergences_of(moved_b, moved_c, 37, 1).back() == wanted);
    const float *at = moved_b.data() + 37 * before, *other = moved_c.data() + 37 * before;
    CHECK(error_sums(at, other, 37).difference == errors.difference);
  }
}

TEST_CASE("Which positions lie beside one does not show in its sums", "[quality]") {
  const auto b = numbers<float>(6, 5 * 21), c = numbers<float>(7, 5 * 21);
  const auto all = divergences_of(b, c, 5, 21);
  for (const int64_t from : {1, 6, 8, 13, 20}) {
    const int64_t count = 21 - from;
    std::vector<Softmax> of_b(21), of_c(21);
    std::vector<double> found(21);
    const ScoreBlock<float> part{b.data() + from, 5, 21, count},
        other{c.data() + from, 5, 21, count};
    find_softmaxes(part, of_b.data());
    find_softmaxes(other, of_c.data());
    find_divergences(part, of_b.data(), other, of_c.data(), found.data());
    for (int64_t i = 0; i < count; ++i)
      CHECK(found[static_cast<size_t>(i)] == all[static_cast<size_t>(from + i)]);
  }
}

TEST_CASE("A position with NaN has no first class, one of minus infinities class 0", "[quality]") {
  for (size_t at = 0; at < 20; ++at) {
    auto row = numbers<float>(8, 20);
    row[at] = std::numeric_limits<float>::quiet_NaN();
    CHECK(softmaxes_of(row, 20, 1)[0].first == -1);
    CHECK(std::isnan(softmaxes_of(row, 20, 1)[0].denominator));
    const auto columns = softmaxes_of(row, 5, 4);
    for (size_t i = 0; i < 4; ++i) {
      CHECK((columns[i].first == -1) == (i == at % 4));
      CHECK(std::isnan(columns[i].denominator) == (i == at % 4));
    }
  }
  const std::vector<double> none(12, -kInfinity);
  CHECK(softmaxes_of(none, 12, 1)[0].first == 0);
  CHECK(softmaxes_of(none, 3, 4)[2].first == 0);
}

TEST_CASE("A score of minus infinity is a class that is never chosen", "[quality]") {
  const std::vector<double> b = {1, -kInfinity, 2}, c = {1, 5, -kInfinity};
  CHECK(divergences_of(b, b, 3, 1)[0] == 0);
  CHECK(softmaxes_of(b, 3, 1)[0].denominator == Approx(1 + std::exp(-1)));
  CHECK(divergences_of(b, c, 3, 1)[0] == kInfinity);
}
