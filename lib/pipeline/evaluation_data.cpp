#include "pipeline/evaluation_data.h"

namespace actsparse {
namespace {

constexpr const char* kOwnData = "evaluate.data";
constexpr const char* kCalibrationData = "calibration data";

}  // namespace

std::vector<std::string> warnings_of_data(const std::string& name) {
  if (name != kCalibrationData) return {};
  return {
      "judged on the calibration data, which chose the masks: the figures flatter them; give "
      "evaluate.data samples of its own"};
}

EvaluationData open_evaluation_data(const Config& config, const Shard& shard) {
  const EvaluateConfig& evaluate = *config.evaluate;
  const DataConfig& source = evaluate.data ? *evaluate.data : config.data;
  EvaluationData data;
  data.batches = evaluate.labels ? open_labelled_batches(source, evaluate.labels->file, shard)
                                 : open_batches(source, shard);
  data.has_labels = evaluate.labels.has_value();
  data.shard = shard;
  data.seed = config.run.seed;
  data.name = evaluate.data ? kOwnData : kCalibrationData;
  data.warnings = warnings_of_data(data.name);
  return data;
}

EvaluationState state_at_start(const EvaluationData& data,
                               const std::vector<std::string>& candidates) {
  EvaluationState state;
  if (data.most == EvaluationData().most) state.origin.data_digest = data.batches->digest();
  state.data = data.name;
  state.total_batches = data.batches->total_batches();
  for (const auto& name : candidates) state.candidates.push_back({name, "", {}});
  return state;
}

}  // namespace actsparse
