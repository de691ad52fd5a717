#include "repair/trial_targets.h"

#include <algorithm>
#include <optional>

namespace actsparse {
namespace {

using Layers = std::vector<std::string>;

MaskedOperators readers(const FlatModel& flat, const std::string& method) {
  RepairConfig config;
  config.method = method == "none" ? "none" : "mean";  // only those that read masks themselves
  config.batch_norm = false;
  return masked_operators(flat, config);
}

bool has(const Layers& layers, const std::string& layer) {
  return std::count(layers.begin(), layers.end(), layer) != 0;
}

// Whether both are the same calls of the same layers.
bool is_same(const Target& a, const Target& b) {
  return std::equal(a.calls.begin(), a.calls.end(), b.calls.begin(), b.calls.end(),
                    [](const auto& one, const auto& other) {
                      return one.layer == other.layer && one.kind == other.kind;
                    });
}

}  // namespace

TrialTargets trial_targets(const TrialGraphs& graphs, const std::vector<Layers>& groups,
                           const std::string& method) {
  MaskedOperators found = readers(graphs.plain, method);
  TrialTargets targets{std::vector<std::vector<TrialTarget>>(groups.size()), {}};
  if (method != "none") targets.left = std::move(found.left);
  const auto plain = targets_of(found.operators);
  const auto own = graphs.in_whole ? targets_of(readers(graphs.flat, method).operators) : plain;
  for (const Target& target : plain) {
    const std::string& layer = target.first().layer;
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const Layers& layers) { return has(layers, layer); });
    if (group == groups.end()) continue;
    const auto same = std::find_if(own.begin(), own.end(),
                                   [&](const Target& other) { return is_same(other, target); });
    const bool is_shared = std::any_of(target.calls.begin(), target.calls.end(),
                                       [&](const auto& call) { return call.layer != layer; });
    if (is_shared || same == own.end())
      targets.left.push_back(
          {layer, is_shared ? "its weight is another layer's, too, which has its own mask"
                            : "it cannot be told in the model that it stands in"});
    else
      targets.of_groups[static_cast<size_t>(group - groups.begin())].push_back({*same, target});
  }
  return targets;
}

}  // namespace actsparse
