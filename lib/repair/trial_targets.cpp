#include "repair/trial_targets.h"

#include <algorithm>

namespace actsparse {
namespace {

using Layers = std::vector<std::string>;

bool has(const Layers& layers, const std::string& layer) {
  return std::count(layers.begin(), layers.end(), layer) != 0;
}

}  // namespace

TrialTargets trial_targets(const FlatModel& flat, const std::vector<Layers>& groups,
                           const std::string& method) {
  RepairConfig readers;  // only those that read masks themselves
  readers.method = method == "none" ? "none" : "mean";
  readers.batch_norm = false;
  MaskedOperators found = masked_operators(flat, readers);
  TrialTargets targets{std::vector<std::vector<Target>>(groups.size()), {}};
  if (method != "none") targets.left = std::move(found.left);
  for (Target& target : targets_of(found.operators)) {
    const std::string layer = target.first().layer;
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const Layers& layers) { return has(layers, layer); });
    if (group == groups.end()) continue;
    if (std::any_of(target.calls.begin(), target.calls.end(),
                    [&](const auto& call) { return call.layer != layer; }))
      targets.left.push_back({layer, "its weight is another layer's, too, which has its own mask"});
    else
      targets.of_groups[static_cast<size_t>(group - groups.begin())].push_back(std::move(target));
  }
  return targets;
}

}  // namespace actsparse
