#include "functions/dynamic_masks.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/scalar_tensor.h>
#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "base/error.h"
#include "functions/registry.h"
#include "functions/tensors.h"
#include "statistics/histogram_mixture.h"

namespace actsparse {
namespace {

using at::Tensor;

constexpr const char* kHistogram = "histogram";

const ScoreFacts* dynamic_facts(const MergedSettings& settings) {
  const auto* row = settings.mask_fn ? find_row(mask_rows(), settings.mask_fn->name) : nullptr;
  if (row == nullptr || !row->facts.cut) return nullptr;
  return mask_parameters(settings).value("dynamic", nlohmann::json()) == true ? &row->facts
                                                                              : nullptr;
}

bool has_histogram(const MergedSettings& settings) {
  return settings.aggregate_fn && settings.aggregate_fn->name == kHistogram;
}

[[noreturn]] void refuse(const MergedSettings& settings, const std::string& why) {
  throw Error(ErrorKind::Config,
              fmt::format("mask_fn '{}' is dynamic, so that it looks at single inputs: {}",
                          settings.mask_fn->name, why));
}

// A factor for each cell of what is kept, [cells].
Tensor factor_per_cell(at::IntArrayRef cells, const Tensor& factors) {
  if (!factors.defined()) return at::ones(cells, at::kDouble).flatten();
  const auto behind = static_cast<size_t>(factors.dim());
  const bool fits = cells.size() >= behind && cells[cells.size() - behind] == factors.size(0);
  if (!fits)
    throw Error(ErrorKind::Function,
                fmt::format("the layer reads {} channels along dimension {}, but the histogram has "
                            "cells of shape {}; let it keep the channels: \"except_dim\": [{}]",
                            factors.size(0), -factors.dim(), shape_text(cells), -factors.dim()));
  if (!factors.isfinite().all().item<bool>())
    throw Error(ErrorKind::Function, "the layer's weights hold NaN or infinity");
  return factors.expand(cells).flatten();
}

HistogramMixture mixture_of(const Tensor& data, const Tensor& factors) {
  if (data.dim() == 0 || data.size(0) < 2)
    throw Error(ErrorKind::State, "the data is not that of a histogram; calibrate again");
  const auto cells = data.sizes().slice(1);
  const Tensor rows = data.cpu().contiguous().narrow(0, 1, data.size(0) - 1);  // but for the count
  return {rows.reshape({rows.size(0), data.numel() / data.size(0)}).contiguous(),
          factor_per_cell(cells, factors)};
}

double threshold_of(const HistogramQuestion& cut, const std::optional<HistogramMixture>& seen) {
  if (!cut.is_quantile) return cut.at;
  const double found = seen.value().quantile(cut.at);
  if (std::isfinite(found)) return found;
  throw Error(ErrorKind::Function,
              "the histogram has seen NaN or infinity: the calibration data or the model produces "
              "it, so that no quantile can be told");
}

}  // namespace

bool is_dynamic(const MergedSettings& settings) { return dynamic_facts(settings) != nullptr; }

void check_dynamic(const MergedSettings& settings) {
  const auto* facts = dynamic_facts(settings);
  if (facts == nullptr) return;
  if (settings.features) refuse(settings, "features, a choice of channels, do not go with it");
  if (settings.align.is_on())
    refuse(settings, "no channel is always 0, so that there is nothing to align; leave align out");
  const auto* reduce =
      settings.reduce_fn ? find_row(reduce_rows(), settings.reduce_fn->name) : nullptr;
  if (settings.reduce_fn && (reduce == nullptr || !reduce->facts.scales))
    refuse(settings, "reduce_fn '" + settings.reduce_fn->name +
                         "' cannot be asked of them; use 'identity' or 'weighted'");
  if (facts->cut(mask_parameters(settings)).is_quantile && !has_histogram(settings))
    refuse(settings,
           "their quantile is found in aggregate_fn 'histogram', e.g. {\"name\": \"histogram\", "
           "\"except_dim\": []}");
}

Tensor score_factors(const MergedSettings& settings, const FunctionTable& functions,
                     const LayerWeight* weight) {
  const auto* reduce = find_row(reduce_rows(), settings.reduce_fn.value().name);
  if (reduce == nullptr || !reduce->facts.needs.by_input) return {};
  const Tensor by_input = weight->by_input.cpu();
  std::vector<int64_t> shape(static_cast<size_t>(-weight->channel_dim), 1);
  shape[0] = by_input.size(0) * by_input.size(2);
  Evidence ones(at::ones(shape, at::kDouble));
  ones.weight = weight->weight;
  ones.by_input = by_input;
  ones.channel_dim = weight->channel_dim;
  return functions.reduce(*settings.reduce_fn)(ones);
}

ThresholdGate threshold_gate(const MergedSettings& settings, const Tensor& data,
                             const Tensor& factors, at::ScalarType dtype) {
  if (!at::isFloatingType(dtype))
    throw Error(ErrorKind::Function, "its input is " + dtype_name(dtype) +
                                         ": a dynamic mask_fn needs floating-point numbers");
  std::optional<HistogramMixture> seen;
  if (has_histogram(settings)) seen = mixture_of(data, factors);
  const HistogramQuestion cut = dynamic_facts(settings)->cut(mask_parameters(settings));
  ThresholdGate gate;
  gate.threshold = at::scalar_tensor(threshold_of(cut, seen), dtype);
  if (factors.defined()) gate.factors = factors.to(dtype);
  const double dropped = seen ? seen->share_up_to(gate.threshold.item<double>()) : NAN;
  if (!std::isnan(dropped)) gate.dropped = dropped;
  return gate;
}

}  // namespace actsparse
