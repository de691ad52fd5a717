#include "report/activation_histogram.h"

#include <ATen/ops/ones.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "functions/functions.h"
#include "statistics/histogram_mixture.h"

namespace actsparse {
namespace {

using at::Tensor;

constexpr int kBins = 48;
constexpr double kShown = 0.999;  // of the numbers: a few large ones would squeeze all others

// What the statistic keeps, cell by cell.
struct Cells {
  Tensor elements;  ///< float64 [cells]
  Tensor rows;      ///< float64 [rows, cells]
  Tensor factors;   ///< float64 [cells]

  Cells of(const Tensor& chosen) const {
    const Tensor which = chosen.nonzero().flatten();
    return {elements.index_select(0, which), rows.index_select(1, which).contiguous(),
            factors.index_select(0, which)};
  }
  double count() const { return elements.sum().item<double>(); }
};

// The data of aggregate_fn: the numbers of elements, then the histogram's rows.
std::optional<Cells> cells_of(const LayerRecord& seen) {
  const auto& aggregate = seen.settings.aggregate_fn;
  const auto* data = seen.data();
  const auto* tensor = data == nullptr ? nullptr : std::get_if<Tensor>(data);
  if (!aggregate || aggregate->name != "histogram" || tensor == nullptr) return std::nullopt;
  if (tensor->dim() == 0 || tensor->size(0) < 2 || tensor->numel() == 0)
    throw Error(ErrorKind::State, layer_text(seen.site.layer) +
                                      ": the data is not that of a histogram; calibrate again");
  const Tensor flat = tensor->cpu().to(at::kDouble).reshape({tensor->size(0), -1});
  return Cells{flat[0], flat.narrow(0, 1, flat.size(0) - 1).contiguous(),
               at::ones({flat.size(1)}, at::kDouble)};
}

// The factors are of channels, the cells may tell more apart.
void weigh(Cells& cells, const LayerRecord& seen, const Tensor& factors) {
  const auto& data = std::get<Tensor>(*seen.data());
  cells.factors = factors.cpu().to(at::kDouble).expand(data.sizes().slice(1)).flatten();
}

double up_to(const HistogramMixture* mixture, double size) {
  return mixture == nullptr ? 0 : mixture->share_up_to(size);
}

// Shares of a part of all numbers, bin by bin: of those up to `most` alone.
std::vector<double> shares_of(const HistogramMixture* part, double share, double end, double most) {
  std::vector<double> shares;
  double before = 0;
  for (int bin = 1; bin <= kBins; ++bin) {
    const double now = up_to(part, std::min(most, end * bin / kBins));
    shares.push_back(share * (now - before));
    before = now;
  }
  return shares;
}

// Which cells a mask drops, where each of its elements stands for one of them.
std::optional<Tensor> dropped_cells(const Cells& cells, const LayerRecord& masked) {
  const auto* constant = masked.gate ? std::get_if<ConstantMask>(&*masked.gate) : nullptr;
  const auto* mask = constant == nullptr ? nullptr : std::get_if<Tensor>(&constant->mask);
  if (mask == nullptr || mask->numel() != cells.elements.numel()) return std::nullopt;
  return mask->cpu().flatten().eq(0);
}

// Between the scores of channels that are dropped and of those that are kept; nothing where these
// overlap, since something else was ranked.
std::optional<double> cut_between(const LayerRecord& seen, const Tensor& dropped) {
  const auto& aggregate = *seen.settings.aggregate_fn;
  if (aggregate.parameters.contains("threshold")) return std::nullopt;  // scores are shares then
  const auto again = FunctionTable().aggregate(aggregate)();
  again->restore(std::get<Tensor>(*seen.data()), seen.calls);
  const Tensor scores = again->value().cpu().to(at::kDouble).flatten();
  const Tensor low = scores.masked_select(dropped),
               high = scores.masked_select(dropped.logical_not());
  if (low.numel() == 0 || high.numel() == 0) return std::nullopt;
  const double most = low.max().item<double>(), least = high.min().item<double>();
  if (!(most <= least)) return std::nullopt;
  return (most + least) / 2;
}

void take_away(std::vector<double>& all, const std::vector<double>& part) {
  for (size_t i = 0; i < all.size(); ++i) all[i] = std::max(0.0, all[i] - part[i]);
}

}  // namespace

std::optional<ActivationHistogram> activation_histogram(const LayerRecord& seen,
                                                        const LayerRecord* masked) {
  auto cells = cells_of(seen);
  if (!cells) return std::nullopt;
  ActivationHistogram histogram;
  const auto* gate =
      masked != nullptr && masked->gate ? std::get_if<ThresholdGate>(&*masked->gate) : nullptr;
  if (gate != nullptr) {
    histogram.cut = gate->threshold.item<double>();
    histogram.is_weighted = gate->factors.defined();
    if (histogram.is_weighted) weigh(*cells, seen, gate->factors);
  }
  const HistogramMixture all(cells->rows, cells->factors);
  const double shown = all.quantile(kShown);
  if (!(shown > 0) || !std::isfinite(shown)) return std::nullopt;
  histogram.end = std::max(shown, std::min(2 * shown, 1.1 * histogram.cut.value_or(0)));
  histogram.beyond = 1 - all.share_up_to(histogram.end);
  histogram.kept = shares_of(&all, 1, histogram.end, INFINITY);
  histogram.dropped.assign(histogram.kept.size(), 0);
  if (gate != nullptr) {
    histogram.dropped = shares_of(&all, 1, histogram.end, *histogram.cut);
  } else if (masked != nullptr) {
    if (const auto dropped = dropped_cells(*cells, *masked)) {
      const Cells some = cells->of(*dropped);
      if (const double share = some.count() / cells->count(); share > 0) {
        const HistogramMixture part(some.rows, some.factors);
        histogram.dropped = shares_of(&part, share, histogram.end, INFINITY);
      }
      histogram.cut = cut_between(seen, *dropped);
      histogram.is_cut_of_channels = histogram.cut.has_value();
    }
  }
  take_away(histogram.kept, histogram.dropped);
  return histogram;
}

}  // namespace actsparse
