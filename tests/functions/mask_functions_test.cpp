#include <ATen/Context.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "functions/helpers.h"
#include "functions/registry.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;
using Values = std::vector<double>;

namespace {

const auto nan_value = std::numeric_limits<double>::quiet_NaN();
const auto infinity = std::numeric_limits<double>::infinity();

double sum(const Values& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// Flat indices by rising |x|, equal ones in their order.
std::vector<size_t> order_of(const Values& x) {
  std::vector<size_t> order(x.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return std::fabs(x[a]) < std::fabs(x[b]); });
  return order;
}

// As many dropped as asked, no kept |x| below a dropped one.
Values naive_magnitude(const Values& x, double level) {
  Values mask(x.size(), 1);
  const auto order = order_of(x);
  const auto dropped = static_cast<size_t>(std::nearbyint(level * static_cast<double>(x.size())));
  for (size_t i = 0; i < dropped; ++i) mask[order[i]] = 0;
  return mask;
}

Values naive_topk(const Values& x, size_t k) {
  Values mask(x.size(), 0);
  for (size_t kept = 0; kept < k; ++kept) {
    size_t best = x.size();
    for (size_t i = 0; i < x.size(); ++i)
      if (mask[i] == 0 && (best == x.size() || std::fabs(x[i]) > std::fabs(x[best]))) best = i;
    mask[best] = 1;
  }
  return mask;
}

std::string function_error(const std::string& name, const json& config, const at::Tensor& x) {
  const Error error = error_of([&] { mask_of(name, config, x); });
  CHECK(error.kind() == ErrorKind::Function);
  return error.what();
}

std::string mask_error(const std::string& name, const json& config) {
  const Error error = error_of([&] { mask_of(name, config, tensor_of({1})); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

}  // namespace

TEST_CASE("magnitude and topk equal naive models, ties included", "[functions]") {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const auto x = seed % 2 == 0 ? random_tensor({5, 7}, seed) : tied_tensor({5, 7}, seed);
    for (const double level : {0.0, 0.1, 0.3, 0.5, 0.77, 1.0}) {
      const auto mask = mask_of("magnitude", {{"sparsity_level", level}}, x);
      CHECK(mask.sizes() == x.sizes());
      CHECK(flat(mask) == naive_magnitude(flat(x), level));
      const auto k = std::max<size_t>(1, static_cast<size_t>(std::floor(level * 35)));
      CHECK(flat(mask_of("topk", {{"keep_ratio", level}}, x)) == naive_topk(flat(x), k));
      CHECK(flat(mask_of("topk", {{"k", k}}, x)) == naive_topk(flat(x), k));
    }
  }
}

TEST_CASE("counts are rounded half to even", "[functions]") {
  const auto kept = [](int64_t n, double level) {
    return sum(flat(mask_of("magnitude", {{"sparsity_level", level}}, random_tensor({n}, 1))));
  };
  CHECK(kept(5, 0.5) == 3);  // 2.5 -> 2
  CHECK(kept(7, 0.5) == 3);  // 3.5 -> 4
  CHECK(kept(1, 0.5) == 1);  // 0.5 -> 0
  CHECK(kept(784, 0.3) == 784 - 235);
  CHECK(kept(18432, 0.3) == 18432 - 5530);
}

TEST_CASE("at a tie the lower flat index is dropped by magnitude, kept by topk", "[functions]") {
  const auto x = tensor_of({2, -1, 1, 1, -2, 1}, {2, 3});
  CHECK(flat(mask_of("magnitude", {{"sparsity_level", 0.34}}, x)) == Values{1, 0, 0, 1, 1, 1});
  CHECK(flat(mask_of("topk", {{"k", 3}}, x)) == Values{1, 1, 0, 0, 1, 0});
}

TEST_CASE("the flat index of a transposed tensor is the logical one", "[functions]") {
  const auto x = tied_tensor({4, 6}, 9).transpose(0, 1);
  CHECK(same_bits(mask_of("magnitude", {{"sparsity_level", 0.5}}, x),
                  mask_of("magnitude", {{"sparsity_level", 0.5}}, x.contiguous())));
}

TEST_CASE("topk keeps at least one, and refuses more than there are", "[functions]") {
  CHECK(flat(mask_of("topk", {{"keep_ratio", 0}}, tensor_of({1, 3, 2}))) == Values{0, 1, 0});
  CHECK(function_error("topk", {{"k", 4}}, tensor_of({1, 3, 2})) ==
        "topk: k = 4 is more than the 3 elements of a tensor of shape [3]");
  const std::string one = " of k and keep_ratio for mask_fn 'topk', allowed exactly one";
  CHECK(contains(mask_error("topk", json::object()), "layers.0.sparse_config: found none" + one));
  CHECK(contains(mask_error("topk", {{"k", 1}, {"keep_ratio", 0.5}}), "found both" + one));
  CHECK(flat(mask_of("topk", {{"k", 1}, {"keep_ratio", nullptr}}, tensor_of({1, 3}))) ==
        Values{0, 1});
}

TEST_CASE("threshold keeps what is above it", "[functions]") {
  const auto x = tensor_of({0, -0.5, 0.5, -0.75, infinity});
  CHECK(flat(mask_of("threshold", {{"threshold", 0.5}}, x)) == Values{0, 0, 0, 1, 1});
  CHECK(flat(mask_of("threshold", {{"threshold", 0}}, x)) == Values{0, 1, 1, 1, 1});
}

TEST_CASE("quantile interpolates linearly and keeps what is above", "[functions]") {
  const auto kept = [](double q, const Values& x) {
    return flat(mask_of("quantile", {{"q", q}}, tensor_of(x)));
  };
  CHECK(kept(0.5, {4, -1, 3, -2}) == Values{1, 0, 1, 0});            // cut 2.5
  CHECK(kept(0.5, {-1, 2, 3}) == Values{0, 0, 1});                   // cut 2, an element
  CHECK(kept(0.9, {0, 10, 20}) == Values{0, 0, 1});                  // cut 18
  CHECK(kept(0.9, {17, 18.5, 0, 20, 19}) == Values{0, 0, 0, 1, 0});  // cut 19.6
  CHECK(kept(0, {1, 1, 2}) == Values{0, 0, 1});
  CHECK(kept(1, {1, 1, 2}) == Values{0, 0, 0});
  CHECK(kept(0.6, {1, infinity, infinity}) == Values{0, 0, 0});
}

TEST_CASE("nm keeps n of each m along dim", "[functions]") {
  const auto x = tied_tensor({4, 3, 6}, 2);
  for (const int64_t dim : {0, -3, 1, 2, -1}) {
    const int64_t size = x.size(dim), m = size == 3 ? 3 : 2;
    const auto mask = mask_of("nm", {{"n", 1}, {"m", m}, {"dim", dim}}, x);
    CHECK(mask.sizes() == x.sizes());
    CHECK(mask.is_contiguous());
    const auto rows = x.movedim(dim, -1).reshape({-1, m});
    const auto kept = mask.movedim(dim, -1).reshape({-1, m});
    for (int64_t i = 0; i < rows.size(0); ++i) CHECK(flat(kept[i]) == naive_topk(flat(rows[i]), 1));
  }
}

TEST_CASE("nm: ties, extremes and refusals", "[functions]") {
  const auto x = tensor_of({1, -1, 1, 1, 5, 6, 7, 8});
  CHECK(flat(mask_of("nm", {{"n", 2}, {"m", 4}}, x)) == Values{1, 1, 0, 0, 0, 0, 1, 1});
  CHECK(sum(flat(mask_of("nm", {{"n", 0}, {"m", 4}}, x))) == 0);
  CHECK(sum(flat(mask_of("nm", {{"n", 4}, {"m", 4}}, x))) == 8);
  CHECK(function_error("nm", {{"n", 1}, {"m", 3}}, x) ==
        "nm: a tensor of shape [8] has 8 elements along dim -1, not a multiple of m = 3; choose "
        "another m or dim");
  CHECK(contains(function_error("nm", {{"n", 1}, {"m", 2}, {"dim", 1}}, x), "dim 1 is out of"));
  CHECK(mask_error("nm", {{"n", 3}, {"m", 2}}) ==
        "layers.0.sparse_config: found n = 3 and m = 2 for mask_fn 'nm', allowed n <= m");
}

TEST_CASE("random drops exactly so many, the same with the same seed", "[functions]") {
  const auto x = random_tensor({7, 9}, 1);
  const auto mask = [&](int seed) {
    return mask_of("random", {{"sparsity_level", 0.5}, {"seed", seed}}, x);
  };
  CHECK(sum(flat(mask(1))) == 63 - 32);  // 31.5 -> 32
  CHECK(same_bits(mask(1), mask(1)));
  CHECK(!same_bits(mask(1), mask(2)));
  CHECK(same_bits(mask_of("random", {{"sparsity_level", 0.5}}, x), mask(0)));
}

TEST_CASE("random drops every element equally often", "[functions]") {
  Values dropped(10, 0);
  for (int seed = 0; seed < 2000; ++seed) {
    const auto mask = flat(
        mask_of("random", {{"sparsity_level", 0.3}, {"seed", seed}}, tensor_of(Values(10, 1))));
    for (size_t i = 0; i < 10; ++i) dropped[i] += 1 - mask[i];
  }
  for (const double count : dropped) CHECK(std::fabs(count - 600) < 100);  // 5 sigma
}

TEST_CASE("random leaves the global generator alone", "[functions]") {
  at::manual_seed(5);
  const auto expected = at::rand({3});
  at::manual_seed(5);
  mask_of("random", {{"sparsity_level", 0.5}}, random_tensor({9}, 1));
  CHECK(same_bits(at::rand({3}), expected));
}

TEST_CASE("a mask has the dtype of its input, float32 for integers", "[functions]") {
  const std::vector<std::pair<std::string, json>> functions = {
      {"magnitude", {{"sparsity_level", 0.5}}},
      {"topk", {{"k", 2}}},
      {"threshold", {{"threshold", 2}}},
      {"quantile", {{"q", 0.5}}},
      {"nm", {{"n", 1}, {"m", 2}}},
      {"random", {{"sparsity_level", 0.5}}},
      {"block", {{"sparsity_level", 0.5}, {"block_shape", {2}}}}};
  for (const auto& [name, config] : functions) {
    INFO(name);
    for (const auto dtype : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
      const auto mask = mask_of(name, config, tensor_of({1, 2, 3, 4}, {4}, dtype));
      CHECK(mask.scalar_type() == dtype);
      CHECK(sum(flat(mask)) == 2);
    }
    const auto of_ints = mask_of(name, config, ints_of({1, 2, 3, 4}, at::kInt));
    CHECK(of_ints.scalar_type() == at::kFloat);
    CHECK(mask_of(name, config, ints_of({1, 0}, at::kBool)).scalar_type() == at::kFloat);
  }
  const auto complex = tensor_of({1, 2}).to(at::kComplexDouble);
  CHECK(mask_of("magnitude", {{"sparsity_level", 0.5}}, complex).scalar_type() == at::kDouble);
}

TEST_CASE("0-d and empty tensors get masks", "[functions]") {
  const auto scalar = tensor_of({3}).squeeze(), empty = tensor_of({}, {0, 4});
  const std::vector<std::pair<std::string, json>> functions = {
      {"magnitude", {{"sparsity_level", 0.5}}},
      {"topk", {{"keep_ratio", 0.5}}},
      {"threshold", {{"threshold", 2}}},
      {"quantile", {{"q", 0}}},
      {"nm", {{"n", 1}, {"m", 1}}},
      {"random", {{"sparsity_level", 0.5}}}};
  for (const auto& [name, config] : functions) {
    INFO(name);
    CHECK(mask_of(name, config, scalar).sizes() == scalar.sizes());
    CHECK(mask_of(name, config, empty).sizes() == empty.sizes());
  }
  CHECK(flat(mask_of("magnitude", {{"sparsity_level", 1}}, scalar)) == Values{0});
  CHECK(contains(function_error("nm", {{"n", 1}, {"m", 2}}, scalar), "shape [] has 1 elements"));
  const json block = {{"sparsity_level", 0.5}, {"block_shape", {2}}};
  CHECK(mask_of("block", block, empty).sizes() == empty.sizes());
}

TEST_CASE("NaN counts as the largest and is kept", "[functions]") {
  const auto x = tensor_of({nan_value, 1, infinity, 2});
  CHECK(flat(mask_of("magnitude", {{"sparsity_level", 0.75}}, x)) == Values{1, 0, 0, 0});
  CHECK(flat(mask_of("topk", {{"k", 1}}, x)) == Values{1, 0, 0, 0});
  CHECK(flat(mask_of("threshold", {{"threshold", 1.5}}, x)) == Values{1, 0, 1, 1});
  CHECK(flat(mask_of("quantile", {{"q", 0.5}}, x)) == Values{1, 0, 0, 0});
  CHECK(flat(mask_of("nm", {{"n", 1}, {"m", 4}}, x)) == Values{1, 0, 0, 0});
}

TEST_CASE("sparse_config wins over the function's own parameters", "[functions]") {
  const auto function = named("magnitude", {{"sparsity_level", 1.0}}, "defaults.mask_fn");
  const FunctionTable table;
  CHECK(flat(table.mask(function, json::object(), "s")(tensor_of({1, 2}))) == Values{0, 0});
  CHECK(flat(table.mask(function, {{"sparsity_level", 0.5}}, "s")(tensor_of({1, 2}))) ==
        Values{0, 1});
}

TEST_CASE("sparse_config is checked before the run", "[functions]") {
  const std::string at = "layers.0.sparse_config";
  CHECK(mask_error("magnitude", {{"sparsity_levl", 0.5}}) ==
        at + ".sparsity_levl: found an unknown parameter of mask_fn 'magnitude', allowed "
             "'sparsity_level'; did you mean 'sparsity_level'?");
  CHECK(mask_error("magnitude", json::object()) ==
        at + ": mask_fn 'magnitude' needs the parameter 'sparsity_level' (float, 0 <= "
             "sparsity_level <= 1), e.g. {\"sparsity_level\":0.5}");
  CHECK(mask_error("magnitude", {{"sparsity_level", 1.5}}) ==
        at + ".sparsity_level: found 1.5, allowed 0 <= sparsity_level <= 1");
  CHECK(contains(mask_error("random", {{"sparsity_level", 0}, {"seed", -1}}), "seed >= 0"));
  CHECK(contains(mask_error("threshold", {{"threshold", -1}}), "threshold >= 0"));
  CHECK(contains(mask_error("quantile", {{"q", 2}}), "0 <= q <= 1"));
  CHECK(contains(mask_error("topk", {{"k", 0}}), "k >= 1"));
  CHECK(contains(mask_error("nm", {{"n", -1}, {"m", 2}}), "n >= 0"));
  CHECK(contains(mask_error("nm", {{"n", 0}, {"m", 0}}), "m >= 1"));
  for (const json& shape : {json::array(), json::array({0}), json::array({2, -1})})
    CHECK(contains(mask_error("block", {{"sparsity_level", 0.5}, {"block_shape", shape}}),
                   at + ".block_shape: found " + shape.dump() + ", allowed a list of sizes >= 1"));
}
