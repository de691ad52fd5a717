// The built-in aggregate_fn.
#include <ATen/ops/abs.h>
#include <ATen/ops/div.h>
#include <ATen/ops/le.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sqrt.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "functions/elementwise_aggregate.h"
#include "functions/gram_aggregate.h"
#include "functions/registry.h"
#include "functions/streaming_aggregate.h"
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

using MakeStatistic = std::function<std::unique_ptr<Statistic>(int64_t cells)>;

AggregateFn maker(const std::string& name, const json& values, MakeStatistic make) {
  const auto how = std::make_shared<const StreamingStatistic>(
      StreamingStatistic{name, read_dims(values), std::move(make)});
  return [how] { return streaming_aggregate(how); };
}

std::vector<ParameterRule> with_dims(std::vector<ParameterRule> rules) {
  for (auto& rule : dim_rules()) rules.push_back(std::move(rule));
  return rules;
}

// ---- what becomes of the sums of a streaming statistic ----

using Sums = std::vector<long double>;

double total(const Sums& sums, long double /*n*/) { return static_cast<double>(sums[0]); }
double average(const Sums& sums, long double n) { return static_cast<double>(sums[0] / n); }
double root_of_average(const Sums& sums, long double n) {
  return static_cast<double>(std::sqrt(sums[0] / n));
}

// Exact sums lose nothing when the mean is large, so Welford's and Chan's updates are not needed.
double variance(const Sums& sums, long double n, long double correction) {
  if (n <= correction) return std::numeric_limits<double>::quiet_NaN();
  const long double squares = sums[1] - sums[0] * (sums[0] / n);
  return static_cast<double>((squares < 0 ? 0 : squares) / (n - correction));
}

MakeStatistic sums_of(std::vector<Term> terms, Finish finish) {
  return [terms, finish](int64_t cells) { return sum_statistic(cells, terms, finish); };
}

// ---- rows of the table ----

// A sum over the calls, or, with dims, over elements.
struct Summing {
  Tensor (*term)(const Tensor&);
  Tensor (*finish)(const Tensor&, int64_t calls);
  Term streaming_term;
  double (*streaming_finish)(const Sums&, long double);
};

AggregateRow summing(const std::string& name, const std::string& description, const Summing& parts,
                     const std::string& keeps_data_of = "") {
  const Combination how{name,
                        parts.term,
                        add,
                        parts.finish,
                        add,
                        /*from_first=*/false,
                        /*keeps_shape=*/true};
  const auto statistic = sums_of({parts.streaming_term}, parts.streaming_finish);
  return {name,
          description,
          with_dims({}),
          [how, statistic](const json& values) {
            return has_dims(values) ? maker(how.name, values, statistic) : maker(how);
          },
          {keeps_data_of}};
}

struct Extreme {
  Tensor (*term)(const Tensor&);
  Tensor (*combine)(const Tensor&, const Tensor&);
  Term streaming_term;
  int sign;
};

MakeStatistic extreme_of(const Extreme& parts, bool from_first) {
  const double none = -parts.sign * std::numeric_limits<double>::infinity();
  return [parts, start = from_first ? none : 0.0](int64_t cells) {
    return extreme_statistic(cells, parts.streaming_term, parts.sign, start);
  };
}

AggregateRow extreme(const std::string& name, const std::string& description,
                     const Extreme& parts) {
  const Combination how{name,
                        parts.term,
                        parts.combine,
                        as_kept,
                        parts.combine,
                        /*from_first=*/true,
                        /*keeps_shape=*/true};
  return {name, description, with_dims({init_rule("first")}), [how, parts](const json& values) {
            Combination chosen = how;
            chosen.from_first = values.at("init") == "first";
            return has_dims(values) ? maker(how.name, values, extreme_of(parts, chosen.from_first))
                                    : maker(chosen);
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
  if (has_dims(values))
    return maker("nonzero", values,
                 [threshold](int64_t cells) { return count_statistic(cells, threshold); });
  const auto term = [threshold](const Tensor& x) { return above(x, threshold); };
  return maker({"nonzero", term, add, as_kept, add, /*from_first=*/false, /*keeps_shape=*/true});
}

ParameterRule threshold_rule(const json& default_value) {
  return ranged(optional("threshold", "float", default_value, 0.1), "threshold >= 0",
                [](const json& v) { return v.get<double>() >= 0; });
}

AggregateRow spread(const std::string& name, const std::string& description, bool is_root) {
  auto correction = ranged(optional("correction", "int", 1, 1), "correction >= 0",
                           [](const json& v) { return v.get<int64_t>() >= 0; });
  return {name,
          description,
          with_dims({correction}),
          [name, is_root](const json& values) {
            const Finish finish = [is_root, taken = values.at("correction").get<int64_t>()](
                                      const Sums& sums, long double n) {
              const double found = variance(sums, n, static_cast<long double>(taken));
              return is_root ? std::sqrt(found) : found;
            };
            return maker(name, values, sums_of({Term::Itself, Term::Square}, finish));
          },
          {"var", {"correction"}}};
}

AggregateFn make_histogram(const json& values) {
  const bool has_threshold = !values.at("threshold").is_null();
  if (has_threshold && !values.at("q").is_null())
    throw Error(ErrorKind::Config, "found both 'q' and 'threshold', allowed is one of them");
  HistogramQuestion question;
  question.is_quantile = !has_threshold;
  if (has_threshold) question.at = values.at("threshold");
  if (!values.at("q").is_null()) question.at = values.at("q");
  const int64_t bins = values.at("bins");
  return maker("histogram", values, [bins, question](int64_t cells) {
    return histogram_statistic(cells, bins, question);
  });
}

AggregateRow histogram() {
  const auto bins =
      ranged(optional("bins", "int", 1024, 1024), "a power of two, 2 to 65536", [](const json& v) {
        const auto n = v.get<int64_t>();
        return n >= 2 && n <= 65536 && (n & (n - 1)) == 0;
      });
  const auto q = ranged(optional("q", "float", nullptr, 0.9), "0 <= q <= 1",
                        [](const json& v) { return v.get<double>() >= 0 && v.get<double>() <= 1; });
  return {"histogram",
          "q-quantile of |x| (default: the median), or share of |x| > threshold; needs dim or "
          "except_dim",
          with_dims({bins, q, threshold_rule(nullptr)}),
          make_histogram,
          {"histogram", {"q", "threshold"}}};
}

std::vector<AggregateRow> own_aggregates() {
  return {
      summing("sum", "sum of x over the calls", {widened, as_kept, Term::Itself, total}),
      summing("mean", "sum of x divided by the number of calls (with dim: of elements)",
              {widened, per_call, Term::Itself, average}, "sum"),
      summing("abs_sum", "sum of |x| over the calls",
              {magnitudes, as_kept, Term::Magnitude, total}),
      summing("abs_mean", "sum of |x| divided by the number of calls (with dim: of elements)",
              {magnitudes, per_call, Term::Magnitude, average}, "abs_sum"),
      summing("sq_sum", "sum of x*x over the calls", {squares, as_kept, Term::Square, total}),
      summing("rms", "square root of the mean of x*x over the calls (with dim: over elements)",
              {squares, root_per_call, Term::Square, root_of_average}, "sq_sum"),
      extreme("max", "largest x over the calls", {itself, larger, Term::Itself, 1}),
      extreme("min", "smallest x over the calls", {itself, smaller, Term::Itself, -1}),
      extreme("abs_max", "largest |x| over the calls", {magnitudes, larger, Term::Magnitude, 1}),
      {"nonzero", "number of calls with |x| > threshold (with dim: share of elements)",
       with_dims({threshold_rule(0.0)}), make_nonzero},
      spread("var", "variance of x; needs dim or except_dim", /*is_root=*/false),
      spread("std", "standard deviation of x; needs dim or except_dim", /*is_root=*/true),
      histogram(),
      {"gram",
       "mean of (1, x)(1, x)^T over all but the channels, or over a convolution's patches",
       gram_rules(),
       make_gram,
       {"gram", {}, {"patches"}}}};
}

}  // namespace

ParameterRule init_rule(const std::string& default_value) {
  return ranged(optional("init", "string", default_value, "first"), "\"zeros\" or \"first\"",
                [](const json& v) { return v == "zeros" || v == "first"; });
}

std::vector<AggregateRow>& aggregate_rows() {
  static std::vector<AggregateRow> rows = own_aggregates();
  return rows;
}

}  // namespace actsparse
