#include "repair/solve_layer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "repair/least_squares.h"

namespace actsparse {
namespace {

AffineMap map_as_it_was(const MaskedOperator& masked, const LayerMoments& moments) {
  const at::Tensor weight = moments.kept_weight();
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

void check_finite(const Moments& moments) {
  const double sum = (moments.xx.sum() + moments.xy.sum() + moments.yy.sum()).item<double>();
  if (!std::isfinite(sum))
    throw Error(ErrorKind::Data, "what enters it or what it gives is not finite");
}

// The map that a batch norm is with the statistics of what enters it.
AffineMap estimated(const BatchNorm& norm, const Covariance& moments) {
  const at::Tensor variance = moments.xx.flatten().clamp_min(0);
  const at::Tensor scale = norm.gamma / (variance + norm.epsilon).sqrt();
  return {scale.view({-1, 1, 1}), (norm.beta - scale * moments.x.flatten()).view({-1, 1})};
}

class Solver {
 public:
  Solver(const MaskedOperator& masked, const LayerMoments& moments, const RepairConfig& config)
      : masked_(masked),
        config_(config),
        kept_(moments.kept()),
        before_(map_as_it_was(masked, moments)),
        fitted_(moments.fitted()),
        held_out_(moments.held_out()),
        whole_(moments.fitted() + moments.held_out()),
        has_held_out_(moments.held_out().rows > 0) {
    report_.layer = masked.layer;
    report_.rows = moments.fitted().rows + moments.held_out().rows;
    report_.unknowns = moments.fitted().x.size(1) + 1;
    report_.before = report_.after = relative_error(before_, whole_);
    if (has_held_out_)
      report_.held_out_before = report_.held_out_after = relative_error(before_, held_out_);
  }

  SolvedLayer solve() { return is_norm() ? solve_norm() : solve_linear(); }

 private:
  bool is_norm() const { return masked_.kind == MaskedOperator::Kind::BatchNorm; }

  SolvedLayer solve_norm() {
    const AffineMap fitted = estimated(masked_.norm, has_held_out_ ? fitted_ : whole_);
    if (!config_.batch_norm.value_or(false) && !is_better(fitted)) return {report_, {}, {}};
    take("batch_norm", fitted, estimated(masked_.norm, whole_));
    const auto options = masked_.sources.front().options();
    return {report_, whole_.x.flatten().to(options), whole_.xx.flatten().clamp_min(0).to(options)};
  }

  SolvedLayer solve_linear() {
    double ridge = ridges(config_).front();
    Fit best;
    if (has_held_out_) {
      ridge = best_ridge(ridges(config_), fitted_, held_out_, before_.weight);
      best = fit(fitted_, before_.weight, ridge);
      if (!is_better(best.map)) return {report_, {}, {}};
    }
    const AffineMap fitted = best.map;
    best = fit(whole_, before_.weight, ridge);
    take(std::isinf(ridge) ? "mean" : "linear", fitted, best.map);
    report_.ridge = std::isinf(ridge) ? 0 : ridge;
    report_.condition = best.condition;
    return {report_, whole_weight(masked_, kept_, best.map.weight),
            best.map.bias.flatten().to(masked_.weight.options())};
  }

  // On what was held out, if anything was.
  bool is_better(const AffineMap& map) const {
    return has_held_out_ ? relative_error(map, held_out_) < report_.held_out_before
                         : relative_error(map, whole_) < report_.before;
  }

  // `fitted` on what was not held out, `map` on all.
  void take(const std::string& choice, const AffineMap& fitted, const AffineMap& map) {
    report_.choice = choice;
    if (has_held_out_) report_.held_out_after = relative_error(fitted, held_out_);
    report_.after = relative_error(map, whole_);
  }

  const MaskedOperator& masked_;
  const RepairConfig& config_;
  const at::Tensor kept_;
  const AffineMap before_;
  const Covariance fitted_, held_out_, whole_;
  const bool has_held_out_;
  RepairedLayer report_;
};

}  // namespace

SolvedLayer solve_layer(const MaskedOperator& masked, const LayerMoments& moments,
                        const RepairConfig& config) {
  check_finite(moments.fitted() + moments.held_out());
  return Solver(masked, moments, config).solve();
}

}  // namespace actsparse
