#pragma once
// What an evaluation has counted so far, for other processes: shards and ranks.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "quality/tally.h"
#include "record/run.h"

namespace actsparse {

struct EvaluationState {
  Provenance origin;   ///< the baseline as its model, batches and samples that are counted
  std::string config;  ///< the whole effective config as JSON: metrics, gates
  std::vector<FunctionSource> function_sources;  ///< user metrics
  std::string data;                              ///< see EvaluationReport::data
  int64_t total_batches = 0;
  std::vector<BatchRun> coverage;
  struct Candidate {
    std::string model, digest;  ///< file name, SHA-256
    NamedTensors tallies;       ///< Judge::tensors()
  };
  std::vector<Candidate> candidates;
};

/// {"evaluation": {...}} of untyped dicts and lists.
c10::IValue to_ivalue(const EvaluationState& state);
/// Throws Error(State).
EvaluationState evaluation_from_ivalue(const c10::IValue& document);

/// True if the file is such a state, by its pickle's text: nothing is loaded.
bool is_evaluation_state(const std::filesystem::path& path);
/// Throws Error(State) that names the file.
EvaluationState read_evaluation_state(const std::filesystem::path& path);

/// Throws Error(State), which names both, unless they are parts of one evaluation, of different
/// batches.
void check_parts(const EvaluationState& a, const std::string& a_name, const EvaluationState& b,
                 const std::string& b_name);

}  // namespace actsparse
