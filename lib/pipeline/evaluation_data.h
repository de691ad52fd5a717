#pragma once
// What models are judged on: held-out batches, with labels or without.
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/shard.h"
#include "data/batch_source.h"
#include "pipeline/evaluation_state.h"

namespace actsparse {

struct EvaluationData {
  std::unique_ptr<BatchSource> batches;
  bool has_labels = false;  ///< they are each batch's last argument
  Shard shard = {};         ///< which of all batches `batches` are
  uint64_t seed = 0;        ///< batch n (counted in all shards) runs with seed + n
  int64_t most = std::numeric_limits<int64_t>::max();  ///< batches to be judged
  std::string name = {};                               ///< see EvaluationReport::data
  std::vector<std::string> warnings = {};              ///< if it is not evaluate's own
};

/// What is to be said of data of that name: that figures flatter the masks if the data chose them.
std::vector<std::string> warnings_of_data(const std::string& name);

/// As config.evaluate says, else the calibration's data. Throws Error(Data).
EvaluationData open_evaluation_data(const Config& config, const Shard& shard);

/// Of an evaluation of `candidates` (names) on `data` before its first batch: all but what is known
/// of their files, of the baseline and of the config. Reads the data once, for their digest, unless
/// only the first batches are to be judged.
EvaluationState state_at_start(const EvaluationData& data,
                               const std::vector<std::string>& candidates);

}  // namespace actsparse
