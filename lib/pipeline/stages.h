#pragma once
// A masked model before each stage of its repair, judged beside those that are written.
#include <string>
#include <vector>

#include "config/config.h"
#include "pipeline/judge_models.h"
#include "pipeline/repair_model.h"

namespace actsparse {

/// Of the stages of Repairs: "masked", and what it is before it is tuned.
std::vector<std::string> stage_names(const RepairConfig& config);

/// In the order in which they are judged: the masked model, the stages before it, the small one.
/// The last may be missing.
template <class Model>
std::vector<Model> with_stages(const std::vector<Model>& models, const std::vector<Model>& stages) {
  std::vector<Model> all = {models.front()};
  all.insert(all.end(), stages.begin(), stages.end());
  all.insert(all.end(), models.begin() + 1, models.end());
  return all;
}

/// What models cost in answers: as `config` asks, on its data, by all ranks of options.group; else
/// (null, or it asks for nothing) at a glance on `batch`. The stages of `repairs` (null: there are
/// none) are judged beside them, and their scores noted in its report.
EvaluationReport judge_made(const Config* config, const FunctionTable& functions,
                            const Contestant& unmasked, const std::vector<Contestant>& models,
                            Repairs* repairs, const TrialBatch& batch, const RunOptions& options);

}  // namespace actsparse
