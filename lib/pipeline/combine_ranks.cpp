#include <spdlog/spdlog.h>

#include <utility>

#include "pipeline/calibration.h"
#include "sparsifier/merge_states.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

// One after the other, in rank order: never more than two states are in memory.
StateDict merge_with_others(StateDict own, const ProcessGroup& group) {
  for (int64_t rank = 1; rank < group.size(); ++rank) {
    NamedState other{"rank " + std::to_string(rank), state_from_bytes(group.receive(rank))};
    own = merge_states({{"rank 0", std::move(own)}, std::move(other)}).state;
    group.progress("merged rank " + std::to_string(rank));
  }
  return own;
}

}  // namespace

void combine_ranks(Calibration& calibration, const Config& config, const ProcessGroup& group) {
  if (group.is_alone()) return;
  auto& [job, meta, checkpoints, precision, seconds, ranks] = calibration;
  if (!checkpoints.path().empty() && precision) checkpoints.write(checkpoint_of(calibration), 0);
  if (!group.is_first()) {
    group.send(state_bytes(state_of(calibration)), 0);
    return;
  }
  const StateDict merged = merge_with_others(state_of(calibration), group);
  job.sparsifier.load_state_dict(merged);
  meta = merged.meta;
  settle_uncalled(job, config, Seen::All);
  ranks = group.size();
  spdlog::info("combined {} batches of {} ranks", meta.batches, ranks);
}

}  // namespace actsparse
