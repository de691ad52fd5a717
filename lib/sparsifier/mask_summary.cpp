#include "sparsifier/mask_summary.h"

namespace actsparse {
namespace {

void add(MaskSummary& summary, const at::Tensor& mask) {
  summary.shapes.push_back(mask.sizes().vec());
  summary.kept += mask.count_nonzero().item<int64_t>();
  summary.total += mask.numel();
}

std::optional<double> number(const nlohmann::json& parameters, const char* key) {
  const auto found = parameters.find(key);
  if (found == parameters.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

}  // namespace

double MaskSummary::sparsity() const {
  return total == 0 ? 0.0 : 1.0 - static_cast<double>(kept) / static_cast<double>(total);
}

std::optional<MaskSummary> summarize_mask(const LayerRecord& layer) {
  if (!layer.mask) return std::nullopt;
  MaskSummary summary;
  for (const auto& mask : as_list(*layer.mask)) add(summary, mask);
  return summary;
}

std::optional<double> requested_sparsity(const MergedSettings& settings) {
  if (!settings.mask_fn) return std::nullopt;
  nlohmann::json parameters = settings.mask_fn->parameters;
  parameters.update(settings.sparse_config);
  const std::string& name = settings.mask_fn->name;
  const auto level = number(parameters, "sparsity_level"), ratio = number(parameters, "keep_ratio");
  const auto n = number(parameters, "n"), m = number(parameters, "m");
  if (name == "magnitude" || name == "block" || name == "random") return level;
  if (name == "topk" && ratio) return 1.0 - *ratio;
  if (name == "nm" && n && m && *m > 0) return 1.0 - *n / *m;
  return std::nullopt;
}

}  // namespace actsparse
