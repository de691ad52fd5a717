#include "repair/solve_layer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "repair/least_squares.h"

namespace actsparse {
namespace {

constexpr int64_t kChunkBytes = int64_t{32} << 20;

// Samples (or rows, of a matrix) that are made columns at a time.
int64_t chunk_of(const at::Tensor& wanted, const Window& window, int64_t inputs) {
  const int64_t samples = wanted.size(0);
  const int64_t rows = std::max<int64_t>(wanted.numel() / std::max<int64_t>(wanted.size(1), 1), 1);
  const int64_t bytes = 8 * inputs * window.groups * std::max<int64_t>(rows / samples, 1);
  return std::clamp<int64_t>(kChunkBytes / std::max<int64_t>(bytes, 1), 1, samples);
}

// In the form in which dimension 0 holds samples, or rows.
at::Tensor sampled(const at::Tensor& tensor, const Window& window) {
  if (window.is_matrix()) return tensor.reshape({-1, tensor.size(-1)});
  const auto spatial = static_cast<int64_t>(window.kernel.size());
  return tensor.dim() == spatial + 1 ? tensor.unsqueeze(0) : tensor;
}

at::Tensor kept_weight(const MaskedOperator& masked, const at::Tensor& kept) {
  at::Tensor weight = grouped(masked.weight, masked.window).to(at::kDouble);
  if (kept.defined()) weight = weight.index_select(2, kept);
  return weight.flatten(2);
}

AffineMap map_as_it_was(const MaskedOperator& masked, const at::Tensor& kept) {
  const at::Tensor weight = kept_weight(masked, kept);
  const auto shape = weight.sizes().slice(0, 2);
  return {weight, masked.bias.defined() ? masked.bias.detach().to(at::kDouble).reshape(shape)
                                        : at::zeros(shape, weight.options())};
}

// The whole weight; channels that are masked keep theirs, which nothing reaches.
at::Tensor whole_weight(const MaskedOperator& masked, const at::Tensor& kept,
                        const at::Tensor& fitted) {
  at::Tensor weight = grouped(masked.weight, masked.window).to(at::kDouble).clone();
  const auto taps = weight.size(3);
  const at::Tensor split = fitted.reshape({weight.size(0), weight.size(1), -1, taps});
  weight = kept.defined() ? weight.index_copy(2, kept, split) : split;
  return ungrouped(weight, masked.window, masked.weight);
}

std::vector<double> ridges(const RepairConfig& config) {
  if (config.method == "mean") return {kOnlyMeans};
  if (config.ridge) return {*config.ridge};
  return {kOnlyMeans, 10, 1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
}

// Errors fall and then rise while the ridge gets smaller: the rest need not be solved.
double best_ridge(const std::vector<double>& candidates, const Covariance& fitted,
                  const Covariance& held_out, const at::Tensor& before) {
  double best = candidates.front(), least = std::numeric_limits<double>::infinity();
  for (const double ridge : candidates) {
    const double error = relative_error(fit(fitted, before, ridge).map, held_out);
    if (error > least) break;
    best = ridge;
    least = error;
  }
  return best;
}

const char* name_of(double ridge) { return std::isinf(ridge) ? "mean" : "linear"; }

void check_finite(const Moments& moments) {
  const double sum = (moments.xx.sum() + moments.xy.sum() + moments.yy.sum()).item<double>();
  if (!std::isfinite(sum))
    throw Error(ErrorKind::Data, "what enters it or what it gives is not finite");
}

}  // namespace

void LayerMoments::add(const at::Tensor& input, const at::Tensor& wanted, bool held_out) {
  if (!started_) {
    started_ = true;
    kept_ = kept_channels(masked_, input);
    const auto weight = kept_weight(masked_, kept_).sizes().vec();
    for (Moments* moments : {&fitted_, &held_out_})
      *moments = Moments(weight[0], weight[2], weight[1], input.device());
  }
  const at::Tensor inputs = sampled(input, masked_.window), all = sampled(wanted, masked_.window);
  if (all.numel() == 0) return;
  const int64_t chunk = chunk_of(all, masked_.window, fitted_.x.size(1));
  Moments& moments = held_out ? held_out_ : fitted_;
  for (int64_t first = 0; first < all.size(0); first += chunk) {
    const int64_t count = std::min(chunk, all.size(0) - first);
    moments.add(columns(inputs.narrow(0, first, count), masked_.window, kept_),
                outputs(all.narrow(0, first, count), masked_.window));
  }
}

SolvedLayer solve_layer(const MaskedOperator& masked, const LayerMoments& moments,
                        const RepairConfig& config) {
  SolvedLayer solved;
  RepairedLayer& report = solved.report;
  report.layer = masked.layer;
  report.rows = moments.fitted().rows + moments.held_out().rows;
  report.unknowns = moments.fitted().x.size(1) + 1;
  const Moments all = moments.fitted() + moments.held_out();
  check_finite(all);
  const Covariance fitted(moments.fitted()), held_out(moments.held_out()), whole(all);
  const AffineMap before = map_as_it_was(masked, moments.kept());
  const bool has_held_out = moments.held_out().rows > 0;
  const auto candidates = ridges(config);
  const double ridge =
      has_held_out ? best_ridge(candidates, fitted, held_out, before.weight) : candidates.front();
  report.before = report.after = relative_error(before, whole);
  if (has_held_out) {
    report.held_out_before = report.held_out_after = relative_error(before, held_out);
    const double error = relative_error(fit(fitted, before.weight, ridge).map, held_out);
    if (!(error < report.held_out_before)) return solved;
    report.held_out_after = error;
  }
  const Fit best = fit(whole, before.weight, ridge);
  report.after = relative_error(best.map, whole);
  report.choice = name_of(ridge);
  report.ridge = std::isinf(ridge) ? 0 : ridge;
  report.condition = best.condition;
  solved.weight = whole_weight(masked, moments.kept(), best.map.weight);
  solved.bias = best.map.bias.flatten().to(masked.weight.options());
  return solved;
}

}  // namespace actsparse
