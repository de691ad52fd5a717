#pragma once
// From models to an evaluation.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "config/config.h"
#include "functions/functions.h"
#include "pipeline/examination.h"
#include "pipeline/pipeline.h"
#include "pipeline/trial_batch.h"
#include "report/evaluation_report.h"

namespace actsparse {

/// All ranks' work on one evaluation: each runs the batches of its shard, which `data` is, and rank
/// 0 takes in what the others have counted. `state` is then what this rank knows, the report is
/// whole in rank 0. Throws Examination::run()'s errors, Error(State) if the ranks have different
/// data, configs or models, Error(Interrupted) if one fails.
/// Gates are held against all batches only, see drop_gates_of_part().
EvaluationReport judge_together(Examination& examination, const Contestant& baseline,
                                const std::vector<Contestant>& candidates,
                                const EvaluationData& data, EvaluationState& state,
                                const RunOptions& options);

/// Of an evaluation that lacks batches: a part may fail a gate that the whole passes. A warning
/// says so, and which batches are missing.
void drop_gates_of_part(EvaluationReport& report, const EvaluationState& state);

/// What judge_models() would throw before its first batch, for those who would find it out after
/// hours: Error(Config) for metrics and gates that there are not, Error(Data) for data and labels.
void check_evaluation(const Config& config, const FunctionTable& functions,
                      const RunOptions& options);

/// As config.evaluate asks, on its data (else the calibration's), by all ranks of options.group,
/// which all have the models; on the first `most` batches.
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
