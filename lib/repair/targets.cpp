#include "repair/targets.h"

#include <algorithm>
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

int64_t bytes_of(const Target& target) {
  const at::Tensor weight = grouped(target.first().weight, target.first().window);
  return moment_bytes(weight.size(0), weight.size(2) * weight.size(3), weight.size(1));
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
