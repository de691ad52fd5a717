#pragma once
// Candidates and a baseline on the same batches: from models to an evaluation.
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/batch_source.h"
#include "functions/functions.h"
#include "model/session.h"
#include "pipeline/evaluation_state.h"
#include "pipeline/pipeline.h"
#include "pipeline/trial_batch.h"
#include "report/evaluation_report.h"

namespace actsparse {

/// A model, and what reports call it.
struct Contestant {
  std::string name;
  Session session;
};

/// What is asked of the candidates: metrics and gates, with the user's functions that they name.
class Examination {
 public:
  /// Throws Error(Config) for metrics and gates that there are not.
  Examination(const EvaluateConfig& config, const FunctionTable& functions,
              std::vector<std::string> candidates);

  /// Runs baseline and candidates on the batches that are left, `most` of them, each in a clone,
  /// with the same random numbers: batch n (counted in all shards) with the seed `seed` + n.
  /// Tensors of the candidates' inputs take the dtype of their parameters. Throws Error(Data) if
  /// the baseline does not take a batch, Error(Check) if a candidate does not or returns another
  /// structure, Error(Interrupted).
  void run(const Contestant& baseline, const std::vector<Contestant>& candidates,
           BatchSource& batches, bool has_labels, uint64_t seed, const Shard& shard,
           const RunOptions& options, int64_t most = std::numeric_limits<int64_t>::max());

  /// What has been counted so far: coverage, batches, samples and tallies of `state` are filled in.
  void save(EvaluationState& state) const;
  /// Takes in what another process has counted. Throws Error(State).
  void merge(const EvaluationState& state);

  /// Judgements, counts and times; what was judged on which data is the caller's to say.
  EvaluationReport report() const;

 private:
  std::unique_ptr<Evaluation> evaluation_;  // judges refer to it
  std::vector<std::string> names_;
  std::vector<Judge> judges_;
  std::vector<BatchRun> coverage_;
  int64_t batches_ = 0, samples_ = 0;
  double forward_seconds_ = 0, seconds_ = 0;
};

/// What models are judged on; labels are each batch's last argument.
struct EvaluationData {
  std::unique_ptr<BatchSource> batches;
  std::string name;                   ///< see EvaluationReport::data
  std::vector<std::string> warnings;  ///< if it is not evaluate's own
};
/// Throws Error(Data).
EvaluationData open_evaluation_data(const Config& config, const Shard& shard);

/// As config.evaluate asks, on its data (else the calibration's), by this process alone; on the
/// first `most` batches.
EvaluationReport judge_models(const Config& config, const FunctionTable& functions,
                              const Contestant& baseline, const std::vector<Contestant>& candidates,
                              const RunOptions& options,
                              int64_t most = std::numeric_limits<int64_t>::max());

/// Without an `evaluate` section: on one batch, so that what masks cost is not overlooked. A model
/// that cannot be compared is a warning, as are answers that are mostly others (agreement below
/// 0.9, relative error above 0.5).
EvaluationReport glance(const Contestant& baseline, const std::vector<Contestant>& candidates,
                        const TrialBatch& batch, uint64_t seed);

}  // namespace actsparse
