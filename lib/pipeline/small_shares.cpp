#include "pipeline/small_shares.h"

#include <spdlog/spdlog.h>

#include "base/error.h"
#include "compact/compact.h"
#include "compact/cost.h"

namespace actsparse {
namespace {

double share(int64_t after, int64_t before) {
  return before == 0 ? 1 : static_cast<double>(after) / static_cast<double>(before);
}

}  // namespace

SmallShares::SmallShares(const Session& session, const TrialBatch& batch,
                         const CompactOptions& options)
    : session_(in_eval_mode(session)),
      batches_(find_trials(session_, batch).sizes),
      options_(options),
      parameters_(count_parameters(session_.model)) {}

std::optional<Shares> SmallShares::of(const torch::jit::Module& masked) const try {
  const Compacted small = compact(session_.with(masked), batches_, options_);
  return Shares{share(small.macs_after, small.macs_before),
                share(count_parameters(small.module), parameters_)};
} catch (const Error& error) {
  if (error.kind() == ErrorKind::Interrupted) throw;
  spdlog::debug("no small model: {}", error.what());
  return std::nullopt;
}

}  // namespace actsparse
