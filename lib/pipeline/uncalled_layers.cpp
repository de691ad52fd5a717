#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"
#include "model/why_uncalled.h"
#include "pipeline/stages.h"

namespace actsparse {
namespace {

std::vector<std::string> uncalled_layers(const ActivationSparsifier& sparsifier) {
  std::vector<std::string> names;
  for (const auto& record : sparsifier.layers())
    if (record.calls == 0) names.push_back(record.site.layer);
  return names;
}

size_t entry_of(const Prepared& prepared, const std::string& name) {
  const auto found = std::find_if(prepared.layers.begin(), prepared.layers.end(),
                                  [&](const auto& layer) { return layer.site.layer == name; });
  return found->entry;
}

}  // namespace

// A layer that saw nothing would silently stay unmasked.
void settle_uncalled(Prepared& prepared, const Config& config, Seen seen) {
  const auto uncalled = uncalled_layers(prepared.sparsifier);
  const auto reasons = why_uncalled(prepared.model, config.model.method, uncalled);
  std::vector<std::string> missing;
  for (size_t i = 0; i < uncalled.size(); ++i) {
    const bool optional = config.layers[entry_of(prepared, uncalled[i])].optional;
    const auto& [reason, is_final] = reasons[i];
    if (seen == Seen::Shard && !is_final) continue;  // another shard may call it
    if ((seen == Seen::All || is_final) && !optional) {
      missing.push_back("'" + uncalled[i] + "' (" + reason + ")");
      continue;
    }
    prepared.sparsifier.unregister_layer(uncalled[i]);
    prepared.report.warnings.push_back(optional
                                           ? left_out(uncalled[i], reason)
                                           : layer_text(uncalled[i]) + ": never called (" + reason +
                                                 "); an error unless a later batch calls it");
    spdlog::warn("{}", prepared.report.warnings.back());
  }
  if (!missing.empty())
    throw Error(ErrorKind::Model, "never called in this calibration: " + list_text(missing) +
                                      "; take them out, or set \"optional\": true in their entry");
}

}  // namespace actsparse
