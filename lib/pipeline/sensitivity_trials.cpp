#include "pipeline/sensitivity_trials.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "base/stopwatch.h"
#include "model/apply_masks.h"
#include "model/layer_weights.h"
#include "pipeline/examination.h"
#include "pipeline/small_shares.h"
#include "repair/group_trials.h"
#include "sparsifier/layer_groups.h"
#include "sparsifier/level_masks.h"

namespace actsparse {
namespace {

std::vector<Site> sites_of(const std::vector<LayerRecord>& layers) {
  std::vector<Site> sites;
  for (const auto& layer : layers) sites.push_back(layer.site);
  return sites;
}

}  // namespace

torch::jit::Module masked_model(const Session& session, const std::vector<LayerRecord>& layers,
                                const Masks& masks) {
  std::vector<MaskSite> sites;
  for (const auto& layer : layers)
    if (const auto mask = masks.find(layer.site.layer); mask != masks.end())
      sites.push_back({layer.site, mask->second});
  return apply_masks(session, sites);
}

namespace {

double sparsity_of(const Masks& masks) {
  int64_t dropped = 0, all = 0;
  for (const auto& [layer, mask] : masks) {
    all += mask.numel();
    dropped += mask.numel() - mask.count_nonzero().item<int64_t>();
  }
  return all == 0 ? 0 : static_cast<double>(dropped) / static_cast<double>(all);
}

// Those of the layers that can be given another sparsity; the others are told.
std::vector<LayerRecord> layers_with_levels(const Calibration& calibration,
                                            SensitivityReport& report) {
  std::vector<LayerRecord> found;
  for (auto& layer : calibration.job.sparsifier.layers()) {
    const auto reason = why_no_level(layer, calibration.job.sparsifier.functions());
    if (reason)
      report.not_tried.push_back({layer.site.layer, *reason});
    else
      found.push_back(std::move(layer));
  }
  if (!found.empty()) return found;
  throw Error(ErrorKind::Config, "no layer has a sparsity that could be another one: " +
                                     report.not_tried.front().layer + ": " +
                                     report.not_tried.front().reason);
}

std::vector<TrialGroup> trial_groups(const std::vector<LayerRecord>& layers,
                                     const std::vector<Masks>& masks) {
  std::vector<TrialGroup> groups;
  for (const auto& places : layer_groups(layers)) {
    TrialGroup group;
    for (const size_t place : places) group.layers.push_back(layers[place].site.layer);
    for (const Masks& at_level : masks) {
      auto& own = group.levels.emplace_back();
      for (const auto& layer : group.layers)
        if (const auto mask = at_level.find(layer); mask != at_level.end())
          own.emplace(layer, mask->second);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

LevelTrials level_trials(const Calibration& calibration, const Config& config,
                         SensitivityReport& report) {
  const PreparedJob& job = calibration.job;
  const auto layers = layers_with_levels(calibration, report);
  const Weights weights = layer_weights(job.session, sites_of(layers));
  const auto masks = masks_at(layers, config.search.levels, job.sparsifier.functions(),
                              samples_of(calibration.meta), &weights);
  const auto groups = trial_groups(layers, masks);
  for (const auto& trial : groups) {
    auto& group = report.groups.emplace_back();
    group.layers = trial.layers;
    for (size_t level = 0; level < trial.levels.size(); ++level)
      group.points.push_back(
          {{}, config.search.levels[level], sparsity_of(trial.levels[level]), {}});
  }
  return {layers, groups};
}

}  // namespace actsparse
