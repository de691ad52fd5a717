#include "sparsifier/mask_summary.h"

namespace actsparse {
namespace {

void add(MaskSummary& summary, const at::Tensor& mask) {
  summary.shapes.push_back(mask.sizes().vec());
  summary.kept += mask.count_nonzero().item<int64_t>();
  summary.total += mask.numel();
}

}  // namespace

double MaskSummary::sparsity() const {
  return total == 0 ? 0.0 : 1.0 - static_cast<double>(kept) / static_cast<double>(total);
}

std::optional<MaskSummary> summarize_mask(const LayerRecord& layer) {
  if (!layer.gate || !std::holds_alternative<ConstantMask>(*layer.gate)) return std::nullopt;
  MaskSummary summary;
  for (const auto& mask : as_list(mask_of(*layer.gate))) add(summary, mask);
  return summary;
}

}  // namespace actsparse
