#include "functions/weight_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "functions/helpers.h"
#include "functions/removal_order.h"
#include "functions/window_json.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

// Evidence of a layer with this window.
Evidence evidence(const at::Tensor& value, const at::Tensor& weight, const Window& window) {
  Evidence layer(value);
  layer.weight = weight;
  layer.by_input = grouped(weight, window);
  layer.channel_dim = -1 - static_cast<int64_t>(window.kernel.size());
  return layer;
}

at::Tensor score(const std::string& name, const json& parameters, const Evidence& layer) {
  return FunctionTable().reduce(named(name, parameters))(layer);
}

std::string refusal(const std::string& name, const Evidence& layer) {
  const Error error = error_of([&] { score(name, json::object(), layer); });
  CHECK(error.kind() == ErrorKind::Function);
  return error.what();
}

Window conv3x3(int64_t groups = 1, bool transposed = false) {
  return window_of({{3, 3}, {1}, {1}, {1}, {0}, groups, transposed});
}

at::Tensor gram_value(const json& parameters, const at::Tensor& x) {
  const auto aggregate = aggregate_of("gram", parameters);
  aggregate->update(x);
  return aggregate->value();
}

at::Tensor patch_gram(const at::Tensor& x, const Window& window) {
  return gram_value({{"patches", to_json(ReadChannels{x.size(1), window})}}, x);
}

// float64 [samples, channels, ...] whose channels go together.
at::Tensor mixed(const std::vector<int64_t>& sizes, unsigned seed) {
  const at::Tensor mix = random_tensor({sizes[1], sizes[1]}, seed + 50).to(at::kDouble);
  const at::Tensor x = random_tensor(sizes, seed).to(at::kDouble) + 0.3;
  return at::tensordot(mix, x, {1}, {1}).transpose(0, 1).contiguous();
}

// The best affine map from `x` [n, rows] to `y` [o, rows]: its mean squared error, relative.
double left_over(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor all = at::cat({x, at::ones({1, x.size(1)}, at::kDouble)});
  const at::Tensor solved = y.mm(at::linalg_pinv(all));
  return ((y - solved.mm(all)).square().sum() / y.square().sum()).item<double>();
}

at::Tensor without(const at::Tensor& x, int64_t channel, int64_t taps) {
  return at::cat({x.narrow(0, 0, channel * taps),
                  x.narrow(0, (channel + 1) * taps, x.size(0) - (channel + 1) * taps)});
}

std::vector<double> sorted(const at::Tensor& scores) {
  auto values = flat(scores);
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

TEST_CASE("Weighted scores are |x| times a norm of the weights that read it", "[functions]") {
  const at::Tensor x = random_tensor({1, 4, 1, 1}, 1), weight = random_tensor({6, 4, 3, 3}, 2);
  const Evidence layer = evidence(x, weight, conv3x3());
  const at::Tensor sizes = x.abs().to(at::kDouble), w = weight.to(at::kDouble);
  const at::Tensor one = w.abs().sum({0, 2, 3}).view({4, 1, 1});
  const at::Tensor two = w.square().sum({0, 2, 3}).sqrt().view({4, 1, 1});
  const at::Tensor found = score("weighted", json::object(), layer);
  CHECK(found.sizes() == x.sizes());
  CHECK(at::allclose(found, sizes * one, 1e-12, 0));
  CHECK(at::allclose(score("weighted", {{"norm", 2}}, layer), sizes * two, 1e-12, 0));
  CHECK(at::allclose(score("weighted", {{"norm", 2}, {"power", 2}}, layer), sizes * two.square(),
                     1e-12, 0));
}

TEST_CASE("Weighted scores find a channel's weights in any layout", "[functions]") {
  const at::Tensor x = at::ones({1, 4, 1, 1});
  const at::Tensor grouped_weight = random_tensor({6, 2, 3, 3}, 2).to(at::kDouble);
  const at::Tensor groups =
      score("weighted", json::object(), evidence(x, grouped_weight, conv3x3(2))).flatten();
  for (int64_t c = 0; c < 4; ++c)
    CHECK(
        groups[c].item<double>() ==
        Approx(grouped_weight.narrow(0, c / 2 * 3, 3).select(1, c % 2).abs().sum().item<double>()));
  const at::Tensor back = random_tensor({4, 3, 3, 3}, 3).to(at::kDouble);
  CHECK(
      at::allclose(score("weighted", json::object(), evidence(x, back, conv3x3(2, true))).flatten(),
                   back.abs().sum({1, 2, 3}), 1e-12, 0));
  const at::Tensor matrix = random_tensor({5, 4}, 4).to(at::kDouble);
  CHECK(at::allclose(
      score("weighted", json::object(), evidence(at::ones({1, 1, 4}), matrix, {})).flatten(),
      matrix.abs().sum(0), 1e-12, 0));
}

TEST_CASE("A channel that the others make up for scores nothing", "[functions]") {
  at::Tensor x = mixed({50, 5, 4, 4}, 1);
  x.select(1, 2).copy_(0.5 * x.select(1, 0) - 2 * x.select(1, 4) + 1);
  const at::Tensor weight = random_tensor({3, 5, 3, 3}, 2) + 1.5;
  const at::Tensor found = score("removal_error", {{"ridge", 1e-9}},
                                 evidence(gram_value({{"except_dim", {1}}}, x), weight, conv3x3()));
  CHECK(found.sizes() == at::IntArrayRef({5, 1, 1}));
  CHECK(found.scalar_type() == at::kDouble);
  const auto order = sorted(found);
  CHECK(order[0] < 1e-6);
  CHECK(order[1] > 1e3 * order[0]);
  const auto first = found.flatten().argmin().item<int64_t>();
  CHECK((first == 2 || first == 0 || first == 4));
}

TEST_CASE("The least removal error is what least squares leaves over", "[functions]") {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const at::Tensor x = mixed({300, 5}, seed);
    const at::Tensor weight = random_tensor({4, 5}, seed + 10).to(at::kDouble);
    const at::Tensor found = score("removal_error", {{"ridge", 1e-12}},
                                   evidence(gram_value({{"except_dim", {1}}}, x), weight, {}));
    const auto first = found.argmin().item<int64_t>();
    const at::Tensor columns = x.t(), y = weight.mm(columns);
    CHECK(found[first].item<double>() ==
          Approx(left_over(without(columns, first, 1), y)).epsilon(1e-6));
    for (int64_t c = 0; c < 5; ++c)
      CHECK(left_over(without(columns, c, 1), y) >= found[first].item<double>() * (1 - 1e-6));
  }
}

TEST_CASE("Over patches a channel goes with all its taps", "[functions]") {
  const at::Tensor x = mixed({6, 4, 8, 8}, 3);
  const at::Tensor weight = random_tensor({5, 4, 3, 3}, 4).to(at::kDouble);
  const at::Tensor found = score("removal_error", {{"ridge", 1e-12}},
                                 evidence(patch_gram(x, conv3x3()), weight, conv3x3()));
  CHECK(found.sizes() == at::IntArrayRef({4, 1, 1}));
  const auto first = found.flatten().argmin().item<int64_t>();
  const at::Tensor columns_of_x = columns(x, conv3x3(), {})[0];
  const at::Tensor y = weight.flatten(1).mm(columns_of_x);
  CHECK(found.flatten()[first].item<double>() ==
        Approx(left_over(without(columns_of_x, first, 9), y)).epsilon(1e-5));
}

TEST_CASE("Scores grow in the order of removal and do not tie", "[functions]") {
  const at::Tensor x = mixed({200, 12}, 5);
  const at::Tensor weight = random_tensor({3, 12}, 6).to(at::kDouble);
  const at::Tensor gram = gram_value({{"except_dim", {1}}}, x);
  const at::Tensor found = score("removal_error", json::object(), evidence(gram, weight, {}));
  const at::Tensor mean = gram[0].narrow(0, 1, 12);
  const at::Tensor covariance = gram.narrow(0, 1, 12).narrow(1, 1, 12) - mean.outer(mean);
  const RemovalOrder order = removal_order(covariance, weight, 1, 1e-3);
  std::vector<double> scores;
  for (const int64_t channel : order.blocks) scores.push_back(found[channel].item<double>());
  CHECK(std::is_sorted(scores.begin(), scores.end()));
  CHECK(std::adjacent_find(scores.begin(), scores.end()) == scores.end());
}

TEST_CASE("Removal errors of a grouped convolution are those of its groups", "[functions]") {
  const at::Tensor x = mixed({4, 6, 6, 6}, 7);
  const at::Tensor weight = random_tensor({4, 3, 3, 3}, 8).to(at::kDouble);
  const Window both = conv3x3(2), one = conv3x3();
  for (const bool patches : {false, true}) {
    const auto gram = [&](const at::Tensor& of, const Window& window) {
      return patches ? patch_gram(of, window) : gram_value({{"except_dim", {1}}}, of);
    };
    const at::Tensor found =
        score("removal_error", json::object(), evidence(gram(x, both), weight, both)).flatten();
    double shares = 0;
    for (int64_t group = 0; group < 2; ++group) {
      const at::Tensor part = x.narrow(1, 3 * group, 3), own = weight.narrow(0, 2 * group, 2);
      const at::Tensor alone =
          score("removal_error", json::object(), evidence(gram(part, one), own, one)).flatten();
      const at::Tensor share = found.narrow(0, 3 * group, 3) / alone;  // of the output's energy
      CHECK(at::allclose(share, share[0].expand({3}), 1e-9, 0));
      shares += share[0].item<double>();
    }
    CHECK(shares == Approx(1));
  }
}

TEST_CASE("What a score of weights lacks is told with what to do", "[functions]") {
  const at::Tensor x = mixed({20, 4, 5, 5}, 9), weight = random_tensor({3, 4, 3, 3}, 10);
  CHECK(contains(refusal("weighted", x), "convolution and recurrent layers only"));
  CHECK(contains(refusal("removal_error", x), "convolution and recurrent layers only"));
  const Evidence planes = evidence(at::ones({1, 1, 5, 5}), weight, conv3x3());
  CHECK(contains(refusal("weighted", planes), "reads 4 channels along dimension -3"));
  CHECK(contains(refusal("removal_error", planes), "must be a gram of these channels"));
  const Evidence rows = evidence(gram_value({{"except_dim", {2}}}, x), weight, conv3x3());
  CHECK(contains(refusal("removal_error", rows), "\"except_dim\": [-3]"));
  at::Tensor broken = gram_value({{"except_dim", {1}}}, x);
  broken[1][2] = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(refusal("removal_error", evidence(broken, weight, conv3x3())), "NaN"));
}

TEST_CASE("A layer whose inputs or weights are all zero gets scores", "[functions]") {
  const at::Tensor gram = gram_value({{"except_dim", {1}}}, at::zeros({20, 4}));
  const at::Tensor weight = random_tensor({3, 4}, 11);
  CHECK(score("removal_error", json::object(), evidence(gram, weight, {}))
            .isfinite()
            .all()
            .item<bool>());
  CHECK(score("removal_error", json::object(), evidence(gram, at::zeros({3, 4}), {}))
            .eq(0)
            .all()
            .item<bool>());
}
