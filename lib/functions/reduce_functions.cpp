// The built-in reduce_fn.
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/sum.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "functions/registry.h"
#include "functions/tensors.h"
#include "functions/weight_scores.h"

namespace actsparse {
namespace {

using at::IntArrayRef;
using at::Tensor;
using nlohmann::json;

// torch refuses the mean and the norm of integers.
Tensor floating(const Tensor& x) {
  return at::isIntegralType(x.scalar_type(), /*includeBool=*/true) ? x.to(at::kFloat) : x;
}

Tensor mean(const Tensor& x, IntArrayRef dim, bool keepdim) {
  return at::mean(floating(x), dim, keepdim);
}
Tensor sum(const Tensor& x, IntArrayRef dim, bool keepdim) { return at::sum(x, dim, keepdim); }
Tensor max(const Tensor& x, IntArrayRef dim, bool keepdim) { return at::amax(x, dim, keepdim); }
Tensor min(const Tensor& x, IntArrayRef dim, bool keepdim) { return at::amin(x, dim, keepdim); }
Tensor abs_mean(const Tensor& x, IntArrayRef dim, bool keepdim) {
  return at::mean(floating(magnitudes(x)), dim, keepdim);
}

std::vector<int64_t> wrapped_dims(const std::vector<int64_t>& dims, const Tensor& x) {
  std::vector<int64_t> wrapped;
  for (const int64_t dim : dims) wrapped.push_back(wrapped_dim(dim, x));
  if (std::set<int64_t>(wrapped.begin(), wrapped.end()).size() != wrapped.size())
    throw Error(ErrorKind::Function,
                fmt::format("dim {} names a dimension twice for a tensor of shape {}",
                            shape_text(dims), shape_text(x.sizes())));
  return wrapped;
}

using DimsFunction = std::function<Tensor(const Tensor& x, IntArrayRef dim, bool keepdim)>;

ReduceFn over_dims(const json& values, const DimsFunction& function) {
  const auto dims = values.at("dim").get<std::vector<int64_t>>();
  const bool keepdim = values.at("keepdim");
  return [=](const Tensor& x) { return function(x, wrapped_dims(dims, x), keepdim); };
}

ReduceFn make_norm(const json& values) {
  const double p = values.at("p");
  return over_dims(values, [p](const Tensor& x, IntArrayRef dim, bool keepdim) {
    return at::linalg_vector_norm(floating(x), p, dim, keepdim);
  });
}

bool is_dim_list(const json& value) {
  const auto dims = value.get<std::vector<int64_t>>();
  return !dims.empty() && std::set<int64_t>(dims.begin(), dims.end()).size() == dims.size();
}

std::vector<ParameterRule> dim_rules() {
  return {
      ranged(required("dim", "list of int", json::array({0})),
             "one or more different dimensions, negative ones count from the last", is_dim_list),
      optional("keepdim", "bool", false, true)};
}

ScoreRow row(const std::string& name, const std::string& description,
             Tensor (*function)(const Tensor&, IntArrayRef, bool)) {
  return {name, description, dim_rules(),
          [function](const json& values) { return over_dims(values, function); }};
}

ScoreRow norm_row() {
  auto rules = dim_rules();
  rules.push_back(ranged(optional("p", "float", 2.0, 1.0), "p >= 0",
                         [](const json& value) { return value.get<double>() >= 0; }));
  return {"norm", "p-norm over dim (torch.linalg.vector_norm)", rules, make_norm};
}

std::vector<ScoreRow> own_reduces() {
  ScoreFacts identity_facts;
  identity_facts.scales = true;
  return {{"identity",
           "the aggregate as it is",
           {},
           [](const json&) { return [](const Tensor& x) { return x; }; },
           identity_facts},
          row("mean", "mean over dim (torch.mean)", mean),
          row("sum", "sum over dim (torch.sum)", sum),
          row("max", "largest value over dim (torch.amax)", max),
          row("min", "smallest value over dim (torch.amin)", min),
          row("abs_mean", "mean of |x| over dim", abs_mean),
          norm_row(),
          weighted_row(),
          removal_error_row()};
}

}  // namespace

std::vector<ScoreRow>& reduce_rows() {
  static std::vector<ScoreRow> rows = own_reduces();
  return rows;
}

}  // namespace actsparse
