#include "quality/tally.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "quality/made_up.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

const TallySize layout{2, 1, 2};

Tally tally_of(const std::vector<double>& terms) {
  Tally tally(layout);
  for (const double term : terms) {
    tally.counts[1] += 1;
    tally.raise(0, term);
    tally.add(0, term);
    tally.add(1, -term);
  }
  return tally;
}

bool are_equal(const Tally& a, const Tally& b) {
  NamedTensors x, y;
  append_tensors(a, "t", x);
  append_tensors(b, "t", y);
  bool equal = x.size() == y.size();
  for (size_t i = 0; i < x.size(); ++i) equal = equal && x[i].second.equal(y[i].second);
  return equal;
}

}  // namespace

TEST_CASE("Tallies merged in any grouping are equal", "[quality]") {
  const std::vector<double> terms = {1, 1e-20, 1e20, 3e-17, -1e20, 0.1, 0.2, 7e-300};
  const auto whole = tally_of(terms);
  for (size_t cut = 0; cut <= terms.size(); ++cut) {
    auto head = tally_of({terms.begin(), terms.begin() + static_cast<long>(cut)});
    auto tail = tally_of({terms.begin() + static_cast<long>(cut), terms.end()});
    tail.merge(head);
    CHECK(are_equal(tail, whole));
  }
}

TEST_CASE("A tally comes back from its tensors", "[quality]") {
  const auto tally = tally_of({1, 1e-20, 0.1});
  NamedTensors tensors;
  append_tensors(tally_of({5}), "other", tensors);
  append_tensors(tally, "t", tensors);
  Tally back(layout);
  merge_tensors(tensors, "t", back);
  CHECK(are_equal(back, tally));
}

TEST_CASE("Tensors that are no tally are refused", "[quality]") {
  NamedTensors tensors;
  append_tensors(tally_of({1}), "t", tensors);
  Tally tally(layout), wider(TallySize{2, 1, 3}), longer(TallySize{3, 1, 2});
  CHECK(error_of([&] { merge_tensors(tensors, "u", tally); }).kind() == ErrorKind::State);
  CHECK(error_of([&] { merge_tensors(tensors, "t", wider); }).kind() == ErrorKind::State);
  CHECK(error_of([&] { merge_tensors(tensors, "t", longer); }).kind() == ErrorKind::State);
  tensors[0].second = tensors[0].second.to(at::kFloat);
  CHECK(error_of([&] { merge_tensors(tensors, "t", tally); }).kind() == ErrorKind::State);
}

TEST_CASE("NaN and infinities stay, in any order", "[quality]") {
  CHECK(tally_of({1, kInfinity, 2}).sums.value(0) == kInfinity);
  CHECK(std::isnan(tally_of({1, kInfinity, -kInfinity}).sums.value(0)));
  CHECK(std::isnan(tally_of({std::nan(""), 2}).maxima[0]));
  CHECK(std::isnan(tally_of({2, std::nan(""), 3}).maxima[0]));
  auto merged = tally_of({4});
  merged.merge(tally_of({std::nan("")}));
  CHECK(std::isnan(merged.maxima[0]));
  CHECK(std::isnan(merged.sums.value(0)));
}

TEST_CASE("Sums too large for double are infinite, not stuck", "[quality]") {
  const double huge = 1.7e308;
  CHECK(tally_of({huge, huge, huge}).sums.value(0) == kInfinity);
}
