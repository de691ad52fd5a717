#include "repair/targets.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "compact/tensor_memory.h"
#include "repair/moments.h"

namespace actsparse {
namespace {

using Nodes = std::set<const torch::jit::Node*>;

void add_nodes(const Target& target, Nodes& nodes) {
  for (const auto& call : target.calls) nodes.insert(call.node);
}

// What solving one takes beside its moments, as copies of them: their sum, three covariances, a
// factor and what is solved with it.
constexpr int64_t kCopies = 7;

// Of a mask's channels, those that are kept.
double kept_share(const MaskedOperator& masked) {
  if (!masked.mask.defined() || masked.window.groups != 1) return 1;
  return masked.mask.ne(0).to(at::kDouble).mean().item<double>();
}

// Of what is fitted and of what is held out.
int64_t bytes_of(const Target& target) {
  const at::Tensor weight = grouped(target.first().weight, target.first().window);
  const auto inputs = static_cast<double>(weight.size(2) * weight.size(3));
  return 2 * moment_bytes(weight.size(0),
                          static_cast<int64_t>(std::ceil(inputs * kept_share(target.first()))),
                          weight.size(1));
}

// What its calls read, and what is added to what they give.
Values read_and_added(const Target& target) {
  Values values;
  for (const auto& call : target.calls) {
    values.push_back(call.node->inputs().at(call.input));
    if (const auto residual = find_residual(call)) values.push_back(residual->other);
  }
  return values;
}

}  // namespace

std::vector<Target> targets_of(const std::vector<MaskedOperator>& operators) {
  std::vector<Target> targets;
  std::map<TensorPlace, size_t> places;
  for (const auto& masked : operators) {
    const auto [place, is_new] = places.emplace(place_of(masked.sources.front()), targets.size());
    if (is_new) targets.emplace_back();
    targets[place->second].calls.push_back(masked);
    targets[place->second].residuals.emplace_back();
  }
  return targets;
}

Waves waves_of(const std::vector<Target>& targets, const Walk& walk, bool sequential,
               int64_t most_bytes) {
  Waves waves;
  Nodes in_wave;
  int64_t bytes = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    const int64_t own = bytes_of(targets[i]);
    const bool joins = !waves.empty() && bytes + own <= most_bytes &&
                       (!sequential || walk.is_free(*targets[waves.back().front()].first().node,
                                                    read_and_added(targets[i]), in_wave));
    if (!joins) {
      waves.emplace_back();
      in_wave.clear();
      bytes = 0;
    }
    waves.back().push_back(i);
    add_nodes(targets[i], in_wave);
    bytes += own;
  }
  return waves;
}

int64_t bytes_of(const std::vector<Target>& targets, const Waves& waves) {
  int64_t most = 0;
  for (const auto& wave : waves) {
    int64_t all = 0, largest = 0;
    for (const size_t i : wave) {
      all += bytes_of(targets[i]);
      largest = std::max(largest, bytes_of(targets[i]));
    }
    most = std::max(most, all + kCopies * largest / 2);
  }
  return most;
}

const Target& largest_of(const std::vector<Target>& targets) {
  return *std::max_element(targets.begin(), targets.end(),
                           [](const auto& a, const auto& b) { return bytes_of(a) < bytes_of(b); });
}

void find_residuals(std::vector<Target>& targets, const Waves& waves, const Walk& walk) {
  Nodes unknown;
  for (auto wave = waves.rbegin(); wave != waves.rend(); ++wave) {
    for (const size_t i : *wave) add_nodes(targets[i], unknown);
    torch::jit::Node& start = *targets[wave->front()].first().node;
    for (const size_t i : *wave)
      for (size_t call = 0; call < targets[i].calls.size(); ++call) {
        const auto residual = find_residual(targets[i].calls[call]);
        if (residual && walk.is_free(start, {residual->other}, unknown))
          targets[i].residuals[call] = residual;
      }
  }
}

}  // namespace actsparse
