#include "sparsifier/compare_layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isnan.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace actsparse {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double relative_difference(const at::Tensor& value, const at::Tensor& expected) {
  if (value.sizes() != expected.sizes()) return infinity;
  if (value.numel() == 0) return 0;
  const at::Tensor a = value.to(at::kDouble), b = expected.to(at::kDouble);
  const at::Tensor same = a.eq(b).logical_or(at::isnan(a).logical_and(at::isnan(b)));
  const double difference = (a - b).abs().masked_fill(same, 0).max().item().toDouble();
  if (difference == 0) return 0;
  const double scale = b.abs().max().item().toDouble();
  const double relative = difference / scale;
  return relative < infinity ? relative : infinity;  // NaN too
}

double difference_of(const RegisteredLayer& layer, const RegisteredLayer& expected) {
  const auto values = layer.values(), wanted = expected.values();
  double largest = 0;
  for (size_t i = 0; i < wanted.size(); ++i)
    largest = std::max(largest, relative_difference(values[i], wanted[i]));
  return largest;
}

}  // namespace

FastTrial compare_layers(const std::deque<RegisteredLayer>& layers,
                         const std::deque<RegisteredLayer>& expected) {
  FastTrial found{0.0, "", ""};
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto& name = expected[i].summary().site.layer;
    const int64_t calls = layers[i].summary().calls, wanted = expected[i].summary().calls;
    if (calls != wanted)
      return {std::nullopt, "",
              fmt::format("{} was called {} times instead of {}", layer_text(name), calls, wanted)};
    const double difference = difference_of(layers[i], expected[i]);
    if (i > 0 && difference <= *found.max_difference) continue;
    found.max_difference = difference;
    found.layer = name;
  }
  return found;
}

}  // namespace actsparse
