#include "statistics/statistic.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "base/error.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

struct Threads {
  explicit Threads(int count) : before(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before); }
  int before;
};

double total(const std::vector<long double>& sums, long double /*n*/) {
  return static_cast<double>(sums[0]);
}

using Make = std::function<std::unique_ptr<Statistic>(int64_t cells)>;

std::vector<std::pair<std::string, Make>> kinds() {
  return {
      {"sum", [](int64_t c) { return sum_statistic(c, {Term::Itself}, total); }},
      {"abs_sum", [](int64_t c) { return sum_statistic(c, {Term::Magnitude}, total); }},
      {"sq_sum", [](int64_t c) { return sum_statistic(c, {Term::Square}, total); }},
      {"both",
       [](int64_t c) {
         return sum_statistic(c, {Term::Itself, Term::Square}, total);
       }},
      {"count", [](int64_t c) { return count_statistic(c, 0.5); }},
      {"max", [](int64_t c) { return extreme_statistic(c, Term::Itself, 1, -INFINITY); }},
      {"histogram",
       [](int64_t c) {
         return histogram_statistic(c, 64, {true, 0.5});
       }},
  };
}

// Activations of many kinds: normal, after ReLU, tiny beside large, cancelling, huge range.
std::vector<at::Tensor> activations(const std::vector<int64_t>& sizes) {
  const at::Tensor x = normal(sizes, 1), y = normal(sizes, 2);
  return {x,
          at::relu(x),
          x * at::exp(y * 8),
          x * at::exp(y * 15),
          at::cat({x, -x}, 0),
          at::gelu(x * 4),
          x * at::lt(y, -1) * 1e-30 + at::relu(y)};
}

at::Tensor rows_after(const Make& make, const std::vector<at::Tensor>& pieces,
                      const std::vector<bool>& reduced) {
  const auto statistic = make(pieces[0].size(1));
  for (const auto& piece : pieces) feed(*statistic, piece, reduced);
  return statistic->rows();
}

}  // namespace

TEST_CASE("Grouping, order, layout and threads do not show in a statistic, bit for bit",
          "[statistics]") {
  const std::vector<bool> reduced = {true, false, true, true};
  for (const auto& [name, make] : kinds())
    for (const auto& x : activations({12, 37, 9, 31})) {
      INFO(name);
      const auto whole = rows_after(make, {x}, reduced);
      CHECK(bit_equal(rows_after(make, x.split(1), reduced), whole));
      CHECK(bit_equal(rows_after(make, x.flip(0).split(5), reduced), whole));
      CHECK(bit_equal(rows_after(make, {x.contiguous(at::MemoryFormat::ChannelsLast)}, reduced),
                      whole));
      const auto swapped = x.transpose(2, 3).contiguous().transpose(2, 3);
      CHECK(bit_equal(rows_after(make, {swapped}, reduced), whole));
      const Threads threads(3);
      CHECK(bit_equal(rows_after(make, {x}, reduced), whole));
    }
}

TEST_CASE("What threads or shards kept adds up to what one would have kept", "[statistics]") {
  const std::vector<bool> reduced = {true, false, true, true};
  for (const auto& [name, make] : kinds())
    for (const auto& x : activations({8, 5, 6, 7})) {
      INFO(name);
      const auto merged = make(5);
      for (const auto& piece : x.split(3)) {
        const auto part = merged->fresh();
        feed(*part, piece, reduced);
        merged->add(part->rows());
      }
      CHECK(bit_equal(merged->rows(), rows_after(make, {x}, reduced)));
    }
}

TEST_CASE("Sums agree with double precision over the whole tensor", "[statistics]") {
  const std::vector<int64_t> dims = {0, 2, 3};
  for (const auto& x : activations({6, 11, 8, 9})) {
    const at::Tensor wide = x.to(at::kDouble), magnitude = wide.abs().sum(dims);
    const auto value_of = [&](const Make& make) {
      const auto statistic = make(11);
      feed(*statistic, x, {true, false, true, true});
      return statistic->value(static_cast<double>(x.numel()) / 11);
    };
    const auto all = kinds();
    // A sum that cancels is compared with what was added up.
    CHECK(
        (value_of(all[0].second) - wide.sum(dims)).abs().le(magnitude * 1e-12).all().item<bool>());
    CHECK(at::allclose(value_of(all[1].second), magnitude, 1e-12, 0));
    CHECK(at::allclose(value_of(all[2].second), wide.square().sum(dims), 1e-12, 0));
    CHECK(at::allclose(value_of(all[4].second), wide.abs().gt(0.5).to(at::kDouble).mean(dims),
                       1e-12, 0));
    CHECK(at::equal(value_of(all[5].second), wide.amax({0, 2, 3})));
  }
}

TEST_CASE("float16, bfloat16, float64 and integers are summed as what they are", "[statistics]") {
  const at::Tensor x = normal({5, 3, 40}, 4) * 20;
  for (const auto dtype : {at::kHalf, at::kBFloat16, at::kDouble, at::kInt, at::kChar}) {
    INFO(c10::toString(dtype));
    const at::Tensor cast = x.to(dtype);
    const auto statistic = sum_statistic(3, {Term::Square}, total);
    feed(*statistic, cast, {true, false, true});
    CHECK(at::allclose(statistic->value(1),
                       cast.to(at::kDouble).square().sum(at::IntArrayRef({0, 2})), 1e-13, 0));
  }
}

TEST_CASE("NaN and infinity spoil their own cell only", "[statistics]") {
  for (const auto& [name, make] : kinds()) {
    INFO(name);
    at::Tensor x = normal({4, 3, 50}, 5);
    const auto clean = make(3), spoilt = make(3);
    feed(*clean, x, {true, false, true});
    x[2][1][7] = NAN;
    feed(*spoilt, x, {true, false, true});
    const at::Tensor expected = clean->value(200), found = spoilt->value(200);
    CHECK(bit_equal(found[0], expected[0]));
    CHECK(bit_equal(found[2], expected[2]));
    if (name != "count") CHECK(std::isnan(found[1].item<double>()));
  }
}

TEST_CASE("Rows that another statistic kept are refused", "[statistics]") {
  for (const auto& [name, make] : kinds()) {
    INFO(name);
    const auto refuse = [&, &make = make](const at::Tensor& rows) {
      const Error error = error_of([&] { make(4)->add(rows); });
      CHECK(error.kind() == ErrorKind::State);
    };
    const at::Tensor rows = make(4)->rows();
    refuse(rows.to(at::kFloat));
    refuse(rows.narrow(1, 0, 3).contiguous());
    refuse(rows.narrow(0, 0, 0).contiguous());
    if (name == "count" || name == "histogram") refuse(rows - 0.5);
  }
}
