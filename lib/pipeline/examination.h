#pragma once
// Baseline and candidates run on the same batches, and what is counted of their answers.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "functions/functions.h"
#include "model/session.h"
#include "pipeline/evaluation_data.h"
#include "pipeline/evaluation_state.h"
#include "pipeline/pipeline.h"
#include "report/evaluation_report.h"

namespace actsparse {

/// A model, and what reports call it.
struct Contestant {
  std::string name;
  Session session;
};
std::vector<std::string> names_of(const std::vector<Contestant>& contestants);

/// What `config` asks of answers, with the user's functions that it names. Throws Error(Config) for
/// metrics and gates that there are not.
std::unique_ptr<Evaluation> make_evaluation(const EvaluateConfig& config,
                                            const FunctionTable& functions);

/// What is asked of the candidates: metrics and gates, with the user's functions that they name.
class Examination {
 public:
  /// Throws Error(Config) for metrics and gates that there are not.
  Examination(const EvaluateConfig& config, const FunctionTable& functions,
              std::vector<std::string> candidates);

  /// Runs baseline and candidates on the data, each in a clone, with the same random numbers.
  /// Tensors of the candidates' inputs take the dtype of their parameters. Throws Error(Data) if
  /// the baseline does not take a batch, Error(Check) if a candidate does not or returns another
  /// structure, Error(Interrupted).
  void run(const Contestant& baseline, const std::vector<Contestant>& candidates,
           const EvaluationData& data, const RunOptions& options);

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
  bool one_sample_ = false;  // in each batch, whatever its first dimension
  double forward_seconds_ = 0, seconds_ = 0;
};

}  // namespace actsparse
