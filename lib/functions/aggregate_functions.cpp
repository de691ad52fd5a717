// The built-in aggregate_fn.
#include <ATen/ops/abs.h>
#include <ATen/ops/div.h>
#include <ATen/ops/le.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sqrt.h>

#include "functions/elementwise_aggregate.h"
#include "functions/registry.h"
#include "functions/tensors.h"

namespace actsparse {
namespace {

using at::Tensor;
using nlohmann::json;

// Integers are summed in int64.
Tensor widened(const Tensor& x) {
  return at::isIntegralType(x.scalar_type(), /*includeBool=*/true) ? x.to(at::kLong) : x;
}
Tensor itself(const Tensor& x) { return x; }
Tensor squares(const Tensor& x) { return at::mul(widened(x), widened(x)); }

Tensor add(const Tensor& acc, const Tensor& term) { return acc.add_(term); }
Tensor larger(const Tensor& acc, const Tensor& term) {
  Tensor out = acc;
  return at::maximum_out(out, acc, term);
}
Tensor smaller(const Tensor& acc, const Tensor& term) {
  Tensor out = acc;
  return at::minimum_out(out, acc, term);
}

Tensor as_kept(const Tensor& acc, int64_t) { return acc; }
Tensor per_call(const Tensor& acc, int64_t calls) {
  const bool integral = at::isIntegralType(acc.scalar_type(), /*includeBool=*/true);
  return integral ? at::div(acc.to(at::kDouble), calls).to(at::kFloat) : at::div(acc, calls);
}
Tensor root_per_call(const Tensor& acc, int64_t calls) { return at::sqrt(per_call(acc, calls)); }

AggregateFn maker(const Combination& combination) {
  const auto how = std::make_shared<const Combination>(combination);
  return [how] { return elementwise_aggregate(how); };
}

Row<AggregateFn> summing(const std::string& name, const std::string& description,
                         Tensor (*term)(const Tensor&), Tensor (*finish)(const Tensor&, int64_t)) {
  const Combination how{name, term, add, finish, /*from_first=*/false, /*keeps_shape=*/true};
  return {name, description, {}, [how](const json&) { return maker(how); }};
}

Row<AggregateFn> extreme(const std::string& name, const std::string& description,
                         Tensor (*term)(const Tensor&),
                         Tensor (*combine)(const Tensor&, const Tensor&)) {
  Combination how{name, term, combine, as_kept, /*from_first=*/true, /*keeps_shape=*/true};
  return {name, description, {init_rule("first")}, [how](const json& values) {
            Combination chosen = how;
            chosen.from_first = values.at("init") == "first";
            return maker(chosen);
          }};
}

// float32 holds counts up to 2^24. NaN is not <= threshold, and not zero: it is counted.
Tensor above(const Tensor& x, double threshold) {
  const Tensor size = magnitudes(x);
  const bool wide = size.scalar_type() == at::kDouble;
  return at::le(size, threshold).logical_not_().to(wide ? at::kDouble : at::kFloat);
}

AggregateFn make_nonzero(const json& values) {
  const double threshold = values.at("threshold");
  const auto term = [threshold](const Tensor& x) { return above(x, threshold); };
  return maker({"nonzero", term, add, as_kept, /*from_first=*/false, /*keeps_shape=*/true});
}

}  // namespace

ParameterRule init_rule(const std::string& default_value) {
  return ranged(optional("init", "string", default_value, "first"), "\"zeros\" or \"first\"",
                [](const json& v) { return v == "zeros" || v == "first"; });
}

const std::vector<Row<AggregateFn>>& builtin_aggregates() {
  static const std::vector<Row<AggregateFn>> rows = {
      summing("sum", "sum of x over the calls", widened, as_kept),
      summing("mean", "sum of x divided by the number of calls", widened, per_call),
      summing("abs_sum", "sum of |x| over the calls", magnitudes, as_kept),
      summing("abs_mean", "sum of |x| divided by the number of calls", magnitudes, per_call),
      summing("sq_sum", "sum of x*x over the calls", squares, as_kept),
      summing("rms", "square root of the mean of x*x over the calls", squares, root_per_call),
      extreme("max", "largest x over the calls", itself, larger),
      extreme("min", "smallest x over the calls", itself, smaller),
      extreme("abs_max", "largest |x| over the calls", magnitudes, larger),
      {"nonzero",
       "number of calls with |x| > threshold",
       {ranged(optional("threshold", "float", 0.0, 0.1), "threshold >= 0",
               [](const json& v) { return v.get<double>() >= 0; })},
       make_nonzero}};
  return rows;
}

}  // namespace actsparse
