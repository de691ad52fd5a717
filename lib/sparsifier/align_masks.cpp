#include "sparsifier/align_masks.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.h"

namespace actsparse {
namespace {

using Key = std::pair<int64_t, int64_t>;  // kind of alignment, number

// A class within a set, as the layers that read it see it.
struct Class {
  double total = 0, largest = 0;
  int64_t readers = 0;

  double score(const std::string& how) const {
    if (how == "max") return largest;
    return how == "sum" ? total : total / static_cast<double>(readers);
  }

  void add(double score) {
    total += score;
    largest = std::max(largest, score);
    ++readers;
  }
};

struct Set {
  const AlignedLayer* first = nullptr;  // whose settings hold for all
  std::map<int64_t, Class> classes;
  std::map<int64_t, double> masks;  // by class
};

bool by_value(const AlignedLayer& layer) { return layer.settings.align.name == "value"; }

// Layers that read one value share the places of its channels as classes.
int64_t class_of(const AlignedLayer& layer, size_t channel) {
  return by_value(layer) ? static_cast<int64_t>(channel) : layer.channels->classes[channel];
}

Key set_of(const AlignedLayer& layer, size_t channel) {
  return by_value(layer) ? Key(0, layer.channels->value) : Key(1, layer.channels->sets[channel]);
}

bool same_choice(const MergedSettings& a, const MergedSettings& b) {
  return a.align == b.align && to_json(*a.mask_fn) == to_json(*b.mask_fn) &&
         a.sparse_config == b.sparse_config;
}

// What a score of one stands for.
double unit_of(const AlignedLayer& layer) {
  if (layer.scale == Scale::Own) return 1;
  if (layer.scores.numel() == 0) return 0;
  return (layer.scale == Scale::Total ? layer.scores.sum() : layer.scores.mean()).item<double>();
}

void add_layer(std::map<Key, Set>& sets, const AlignedLayer& layer) {
  // The channels of a flattened plane are one: their mean, or their sum if scores add up.
  std::map<std::pair<Key, int64_t>, std::pair<double, int64_t>> sums;
  const double unit = unit_of(layer);
  for (int64_t i = 0; i < layer.scores.numel(); ++i) {
    auto& [sum, count] = sums[{set_of(layer, i), class_of(layer, i)}];
    sum += unit > 0 ? layer.scores[i].item<double>() / unit : 0;
    ++count;
  }
  for (const auto& [place, sum] : sums) {
    Set& set = sets[place.first];
    if (set.first == nullptr) set.first = &layer;
    if (set.first->scale != layer.scale || !same_choice(set.first->settings, layer.settings))
      throw Error(
          ErrorKind::Config,
          layer_text(layer.name) + " and " + layer_text(set.first->name) +
              " are aligned with each other (docs/compact.md), but their mask_fn, "
              "sparse_config, align or kind of scores (reduce_fn) differ; give them the same, or "
              "align only one");
    set.classes[place.second].add(
        layer.scale == Scale::Mean ? sum.first / static_cast<double>(sum.second) : sum.first);
  }
}

int64_t wanted(int64_t kept, int64_t total, const AlignConfig& align) {
  const int64_t least = std::min(total, std::max(kept, align.min_channels));
  if (align.round_to >= total) return total;  // whatever its size: no sum of it
  return std::min(total, (least + align.round_to - 1) / align.round_to * align.round_to);
}

// Takes back the best of what was dropped until enough is kept; ties go to the lower class.
void keep_enough(at::Tensor& mask, const at::Tensor& scores, const AlignConfig& align) {
  const int64_t total = mask.numel();
  int64_t missing = wanted(mask.count_nonzero().item<int64_t>(), total, align) -
                    mask.count_nonzero().item<int64_t>();
  std::vector<int64_t> order(total);
  std::iota(order.begin(), order.end(), 0);
  const auto* score = scores.data_ptr<double>();
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return score[a] > score[b]; });
  auto* values = mask.data_ptr<double>();
  for (const int64_t i : order) {
    if (missing == 0) return;
    if (values[i] != 0) continue;
    values[i] = 1;
    --missing;
  }
}

void decide(Set& set) {
  const AlignConfig& align = set.first->settings.align;
  std::vector<double> scores;
  for (const auto& [number, one] : set.classes) scores.push_back(one.score(align.score));
  const at::Tensor ranked = at::tensor(scores, at::kDouble);
  at::Tensor mask = set.first->mask(ranked).to(at::kDouble).clone();
  if (mask.sizes() != ranked.sizes())
    throw Error(ErrorKind::Function, "mask_fn gives no mask per channel, which align needs");
  keep_enough(mask, ranked, align);
  size_t i = 0;
  for (const auto& entry : set.classes)
    set.masks[entry.first] = mask[static_cast<int64_t>(i++)].item<double>();
}

}  // namespace

std::vector<at::Tensor> align_masks(const std::vector<AlignedLayer>& layers) {
  std::map<Key, Set> sets;
  for (const auto& layer : layers) add_layer(sets, layer);
  for (auto& entry : sets) decide(entry.second);
  std::vector<at::Tensor> masks;
  for (const auto& layer : layers) {
    at::Tensor mask = at::zeros({layer.scores.numel()}, at::kDouble);
    for (int64_t i = 0; i < mask.numel(); ++i)
      mask[i] = sets.at(set_of(layer, i)).masks.at(class_of(layer, i));
    masks.push_back(mask);
  }
  return masks;
}

void check_alignable(const MergedSettings& settings) {
  if (!settings.align.is_on()) return;
  if (settings.features)
    throw Error(ErrorKind::Config,
                "align and features exclude each other: features already are "
                "a choice of channels");
  if (!ranks(*settings.mask_fn))
    throw Error(ErrorKind::Config,
                "mask_fn '" + settings.mask_fn->name +
                    "' cannot be aligned: scores are put together from several layers, so only "
                    "their order counts; use magnitude, topk, quantile, block or random");
}

}  // namespace actsparse
