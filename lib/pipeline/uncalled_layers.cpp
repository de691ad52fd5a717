#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"
#include "model/why_uncalled.h"
#include "pipeline/calibration.h"

namespace actsparse {
namespace {

std::vector<std::string> uncalled_layers(const ActivationSparsifier& sparsifier) {
  std::vector<std::string> names;
  for (const auto& record : sparsifier.layers())
    if (record.calls == 0 && record.empty_calls == 0) names.push_back(record.site.layer);
  return names;
}

// An expert that no token was sent to: the model is as it should be, but nothing is known of it.
void leave_out_empty(PreparedJob& job, Seen seen) {
  if (seen == Seen::Shard) return;  // another shard may call it
  for (const auto& record : job.sparsifier.layers()) {
    if (record.calls > 0 || record.empty_calls == 0) continue;
    job.sparsifier.unregister_layer(record.site.layer);
    job.warnings.add(layer_text(record.site.layer) + ": called with empty tensors only (" +
                     std::to_string(record.empty_calls) + " calls); left unmasked" +
                     (seen == Seen::First ? " unless a later batch gives it some elements" : ""));
  }
}

size_t entry_of(const PreparedJob& job, const std::string& name) {
  const auto found = std::find_if(job.layers.begin(), job.layers.end(),
                                  [&](const auto& layer) { return layer.layer == name; });
  return found->entry;
}

}  // namespace

// A layer that saw nothing would silently stay unmasked.
void settle_uncalled(PreparedJob& job, const Config& config, Seen seen) {
  leave_out_empty(job, seen);
  const auto uncalled = uncalled_layers(job.sparsifier);
  const auto reasons = why_uncalled(job.session, uncalled);
  std::vector<std::string> missing;
  for (size_t i = 0; i < uncalled.size(); ++i) {
    const bool optional = config.layers[entry_of(job, uncalled[i])].optional;
    const auto& [reason, is_final] = reasons[i];
    if (seen == Seen::Shard && !is_final) continue;  // another shard may call it
    if ((seen == Seen::All || is_final) && !optional) {
      missing.push_back("'" + uncalled[i] + "' (" + reason + ")");
      continue;
    }
    job.sparsifier.unregister_layer(uncalled[i]);
    job.warnings.add(optional ? left_out(uncalled[i], reason)
                              : layer_text(uncalled[i]) + ": never called (" + reason +
                                    "); an error unless a later batch calls it");
  }
  if (!missing.empty())
    throw Error(ErrorKind::Model, "never called in this calibration: " + list_text(missing) +
                                      "; take them out, or set \"optional\": true in their entry");
}

}  // namespace actsparse
