// The built-in mask_fn. n = number of elements; NaN counts as the largest value, so it is kept.
#include <ATen/ops/eq.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/kthvalue.h>
#include <ATen/ops/le.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "functions/block_norms.h"
#include "functions/cut_facts.h"
#include "functions/registry.h"
#include "functions/tensors.h"

namespace actsparse {
namespace {

using at::Tensor;
using nlohmann::json;

// A mask takes the dtype of what it is made from; that of |x| for complex, float32 for integers.
at::TensorOptions mask_options(const Tensor& x) {
  const auto dtype = x.scalar_type();
  if (at::isIntegralType(dtype, /*includeBool=*/true)) return x.options().dtype(at::kFloat);
  return x.options().dtype(at::isComplexType(dtype) ? c10::toRealValueType(dtype) : dtype);
}

// Python's round().
int64_t round_half_to_even(double number) { return static_cast<int64_t>(std::nearbyint(number)); }

int64_t share(double part, int64_t whole) {
  return round_half_to_even(part * static_cast<double>(whole));
}

Tensor flat_magnitudes(const Tensor& x) { return magnitudes(x).reshape({-1}); }

// Indices along the last dimension; equal values stay in the order of their indices.
Tensor sorted_indices(const Tensor& values, bool descending) {
  return std::get<1>(at::sort(values, /*stable=*/true, /*dim=*/-1, descending));
}

// Ones, but 0 at the first `count` of `order`.
Tensor dropping(const Tensor& order, int64_t count, const at::TensorOptions& options) {
  return at::ones({order.numel()}, options).index_fill_(0, order.slice(0, 0, count), 0);
}

// Ones, but 0 at the `share` smallest; of equal values the lower indices go first. A selection, not
// a sort: linear in the number of elements.
Tensor drop_smallest(const Tensor& flat_values, double level, const at::TensorOptions& options) {
  const int64_t count = share(level, flat_values.numel());
  const Tensor mask = at::ones({flat_values.numel()}, options);
  if (count == 0) return mask;
  const bool is_half = flat_values.scalar_type() == at::kHalf;  // kthvalue knows no float16
  const Tensor values = is_half ? flat_values.to(at::kFloat) : flat_values;
  const Tensor cut = std::get<0>(at::kthvalue(values, count));
  const bool all_numbers_go = at::isnan(cut).item<bool>();
  const Tensor below = all_numbers_go ? at::isnan(values).logical_not_() : at::lt(values, cut);
  const Tensor equal = all_numbers_go ? at::isnan(values) : at::eq(values, cut);
  const int64_t ties = count - below.count_nonzero().item<int64_t>();
  mask.masked_fill_(below, 0);
  return mask.index_fill_(0, equal.nonzero().flatten().slice(0, 0, ties), 0);
}

MaskFn make_magnitude(const json& values) {
  const double level = values.at("sparsity_level");
  return [level](const Tensor& x) {
    return drop_smallest(flat_magnitudes(x), level, mask_options(x)).reshape(x.sizes());
  };
}

Tensor keep_largest(const Tensor& x, int64_t k) {
  const Tensor order = sorted_indices(flat_magnitudes(x), /*descending=*/true);
  const Tensor mask = at::zeros({x.numel()}, mask_options(x));
  return mask.index_fill_(0, order.slice(0, 0, k), 1).reshape(x.sizes());
}

Tensor keep_k(const Tensor& x, int64_t k) {
  if (k > x.numel())
    throw Error(ErrorKind::Function,
                fmt::format("k = {} is more than the {} elements of a tensor of shape {}", k,
                            x.numel(), shape_text(x.sizes())));
  return keep_largest(x, k);
}

Tensor keep_ratio(const Tensor& x, double ratio) {
  const auto k = static_cast<int64_t>(std::floor(ratio * static_cast<double>(x.numel())));
  return keep_largest(x, std::max<int64_t>(1, k));
}

MaskFn make_topk(const json& values) {
  const json &k = values.at("k"), &ratio = values.at("keep_ratio");
  if (k.is_null() == ratio.is_null())
    throw Error(ErrorKind::Config,
                fmt::format("found {} of k and keep_ratio for mask_fn 'topk', allowed exactly one, "
                            "e.g. {{\"keep_ratio\":0.5}}",
                            k.is_null() ? "none" : "both"));
  if (k.is_null())
    return [part = ratio.get<double>()](const Tensor& x) { return keep_ratio(x, part); };
  return [count = k.get<int64_t>()](const Tensor& x) { return keep_k(x, count); };
}

// "not <=" rather than ">": NaN is kept.
Tensor keep_above(const Tensor& sizes, double cut, const Tensor& x) {
  return at::le(sizes, cut).logical_not_().to(mask_options(x));
}

MaskFn make_threshold(const json& values) {
  const double threshold = values.at("threshold");
  return [threshold](const Tensor& x) { return keep_above(magnitudes(x), threshold, x); };
}

// Of 1-d float64 values without NaN, sorted; at least one.
double interpolated(const Tensor& sorted, double q) {
  const double place = q * static_cast<double>(sorted.numel() - 1);
  const auto low = static_cast<int64_t>(std::floor(place));
  const double part = place - static_cast<double>(low);
  const auto below = sorted[low].item<double>();
  if (part == 0) return below;
  const auto above = sorted[low + 1].item<double>();
  return below == above ? below : below + part * (above - below);  // no infinity - infinity
}

MaskFn make_quantile(const json& values) {
  const double q = values.at("q");
  return [q](const Tensor& x) {
    const Tensor sizes = magnitudes(x).to(at::kDouble);
    if (x.numel() == 0) return at::ones(x.sizes(), mask_options(x));
    const double infinity = std::numeric_limits<double>::infinity();
    const Tensor finite = sizes.masked_fill(sizes.ne(sizes), infinity);
    const Tensor sorted = std::get<0>(at::sort(finite.reshape({-1})));
    return keep_above(sizes, interpolated(sorted, q), x);
  };
}

void check_groups(int64_t size, int64_t m, int64_t dim, const Tensor& x) {
  if (size % m != 0)
    throw Error(ErrorKind::Function,
                fmt::format("a tensor of shape {} has {} elements along dim {}, not a multiple of "
                            "m = {}; choose another m or dim",
                            shape_text(x.sizes()), size, dim, m));
}

Tensor keep_n_of_m(const Tensor& x, int64_t n, int64_t m, int64_t any_dim) {
  const int64_t dim = wrapped_dim(any_dim, x);
  const Tensor last = (x.dim() == 0 ? x.reshape({1}) : x).movedim(dim, -1);
  check_groups(last.size(-1), m, any_dim, x);
  const Tensor groups = magnitudes(last).reshape({last.numel() / m, m});
  const Tensor kept = sorted_indices(groups, /*descending=*/true).slice(1, 0, n);
  const Tensor mask = at::zeros(groups.sizes(), mask_options(x)).scatter_(1, kept, 1);
  return mask.reshape(last.sizes()).movedim(-1, dim).reshape(x.sizes()).contiguous();
}

MaskFn make_nm(const json& values) {
  const int64_t n = values.at("n"), m = values.at("m"), dim = values.at("dim");
  if (n > m)
    throw Error(ErrorKind::Config,
                fmt::format("found n = {} and m = {} for mask_fn 'nm', allowed n <= m", n, m));
  return [=](const Tensor& x) { return keep_n_of_m(x, n, m, dim); };
}

MaskFn make_block(const json& values) {
  const double level = values.at("sparsity_level");
  const auto block_shape = values.at("block_shape").get<std::vector<int64_t>>();
  return [=](const Tensor& x) {
    const Tensor norms = block_norms(magnitudes(x), block_shape);
    const Tensor kept = drop_smallest(norms.reshape({-1}), level, mask_options(x));
    return unblock(kept.reshape(norms.sizes()), block_shape, x.sizes());
  };
}

// `count` different indices below n. Not torch's generator: the choice is the same in every
// version, and the model's own random numbers stay as they are.
std::vector<int64_t> drawn_indices(int64_t count, int64_t n, uint64_t seed) {
  std::vector<int64_t> indices(static_cast<size_t>(n));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  std::mt19937_64 generator(seed);
  for (int64_t i = 0; i < count; ++i) {
    const auto step = static_cast<int64_t>(generator() % static_cast<uint64_t>(n - i));
    std::swap(indices[static_cast<size_t>(i)], indices[static_cast<size_t>(i + step)]);
  }
  return indices;
}

MaskFn make_random(const json& values) {
  const double level = values.at("sparsity_level");
  const auto seed = static_cast<uint64_t>(values.at("seed").get<int64_t>());
  return [=](const Tensor& x) {
    const int64_t n = x.numel(), count = share(level, n);
    auto drawn = drawn_indices(count, n, seed);
    const Tensor order = at::from_blob(drawn.data(), {n}, at::kLong).to(x.device());
    return dropping(order, count, mask_options(x)).reshape(x.sizes());
  };
}

ParameterRule unit_interval(const ParameterRule& rule) {
  return ranged(rule, "0 <= " + rule.name + " <= 1", [](const json& value) {
    return value.get<double>() >= 0 && value.get<double>() <= 1;
  });
}

ParameterRule at_least(int64_t least, const ParameterRule& rule) {
  return ranged(rule, fmt::format("{} >= {}", rule.name, least),
                [least](const json& value) { return value.get<double>() >= double(least); });
}

bool is_block_shape(const json& value) {
  for (const auto& size : value)
    if (size.get<int64_t>() < 1) return false;
  return !value.empty();
}

ParameterRule level_rule() { return unit_interval(required("sparsity_level", "float", 0.5)); }

std::vector<ParameterRule> nm_rules() {
  return {at_least(0, required("n", "int", 2)), at_least(1, required("m", "int", 4)),
          optional("dim", "int", -1, -1)};
}

std::vector<ParameterRule> block_rules() {
  return {ranged(required("block_shape", "list of int", json::array({1, 4})),
                 "a list of sizes >= 1, e.g. [1, 4]", is_block_shape),
          level_rule()};
}

std::optional<double> number(const json& parameters, const char* key) {
  const auto found = parameters.find(key);
  if (found == parameters.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

// ---- rows of the table ----

ScoreFacts level_facts() {
  return {{}, true, [](const json& parameters) { return number(parameters, "sparsity_level"); }};
}

ScoreFacts topk_facts() {
  return {{}, true, [](const json& parameters) {
            const auto ratio = number(parameters, "keep_ratio");
            return ratio ? std::optional(1 - *ratio) : std::nullopt;
          }};
}

ScoreFacts nm_facts() {
  return {{}, false, [](const json& parameters) -> std::optional<double> {
            const auto n = number(parameters, "n"), m = number(parameters, "m");
            return n && m && *m > 0 ? std::optional(1 - *n / *m) : std::nullopt;
          }};
}

std::vector<ScoreRow> own_masks() {
  return {{"magnitude",
           "drops the round(sparsity_level * n) smallest |x|",
           {level_rule()},
           make_magnitude,
           level_facts()},
          {"topk",
           "keeps the k, or max(1, floor(keep_ratio * n)), largest |x|",
           {unit_interval(optional("keep_ratio", "float", nullptr, 0.5)),
            at_least(1, optional("k", "int", nullptr, 10))},
           make_topk,
           topk_facts()},
          {"threshold",
           "keeps |x| > threshold",
           {at_least(0, required("threshold", "float", 0.1)), dynamic_rule()},
           make_threshold,
           cut_at_threshold()},
          {"quantile",
           "keeps |x| > the q-quantile of |x| (linear interpolation)",
           {unit_interval(required("q", "float", 0.5)), dynamic_rule()},
           make_quantile,
           cut_at_quantile()},
          {"nm", "keeps the n largest |x| of each m consecutive ones along dim", nm_rules(),
           make_nm, nm_facts()},
          {"block", "drops the round(sparsity_level * blocks) blocks of smallest L2 norm",
           block_rules(), make_block, level_facts()},
          {"random",
           "drops round(sparsity_level * n) elements at random",
           {level_rule(), at_least(0, optional("seed", "int", 0, 0))},
           make_random,
           level_facts()}};
}

}  // namespace

std::vector<ScoreRow>& mask_rows() {
  static std::vector<ScoreRow> rows = own_masks();
  return rows;
}

}  // namespace actsparse
