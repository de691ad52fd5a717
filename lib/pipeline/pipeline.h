#pragma once
// The flow of docs/architecture.md: config, data and model -> statistics -> gates -> masked and
// small model -> evaluation -> files. One function per command, each only a sequence of the rooms
// below; requests.h is what the command line asks of them.
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "distributed/process_group.h"
#include "pipeline/requests.h"
#include "report/channel_sets.h"
#include "report/compact_report.h"
#include "report/evaluation_report.h"
#include "report/inspection.h"
#include "report/progress.h"
#include "report/report.h"
#include "report/search_report.h"
#include "report/sensitivity_report.h"

namespace actsparse {

/// What is not in the config: the job, and the machine's side of it.
struct RunOptions : Job {
  std::string device = "cpu";
  ProcessGroup group;  ///< each rank runs its shard, rank 0 combines and writes
  std::function<void(const Progress&)> progress;   ///< called after every batch, layer, step
  const std::atomic<bool>* interrupted = nullptr;  ///< looked at after every batch
  bool is_interrupted() const { return interrupted != nullptr && interrupted->load(); }
};

/// calibrate, step, squash, verify, judge, and the files of config.output. All appear or none, but
/// if a gate fails state and report without the models, and all but the small model if it alone
/// cannot be made (Report::failure); the report tells, nothing is thrown.
/// With options.resume it goes on from the checkpoint that an earlier one left, to the same bytes.
/// Of a group all ranks call it; the others than rank 0 return what they know when it is done.
/// Throws Error of any kind.
Report run(const Config& config, const RunOptions& options);

/// What run() would do, tried on the first batch: every error that shows there, memory, bytes and
/// time. Writes nothing.
Report dry_run(const Config& config, const RunOptions& options);

/// Aggregates only and writes `state_out`: of the batches of options.shard, from a checkpoint on as
/// run does.
Report calibrate(const Config& config, const std::filesystem::path& state_out,
                 const RunOptions& options);

/// One state of the states of a calibration's shards (sparsifier/merge_states.h); the report tells
/// what is missing.
Report merge(const std::vector<std::filesystem::path>& states_in,
             const std::filesystem::path& state_out);
/// Masks from the aggregates in `state_in`, no model run. `config` (null: none) may give other
/// reduce and mask functions for the layers its entries select by name or glob.
Report step(const std::filesystem::path& state_in, const Config* config,
            const std::filesystem::path& state_out);

/// The layers of a model; with a config (else null) also those it selects, and what its first batch
/// does to every layer. Layers that cannot be observed are no error; data that cannot be read, or
/// on which the model fails, is.
Inspection inspect_model(const std::filesystem::path& model, const Config* config,
                         const RunOptions& options);

/// The same of a model; of a state or a report what a report tells. Throws Error(State) for one
/// that is broken, Error(Usage) if it comes with a config.
std::variant<Inspection, Report> inspect(const std::filesystem::path& file, const Config* config,
                                         const RunOptions& options);

/// Which channels of the layers that a config selects belong together, by its data's first batch.
/// Throws channel_groups()'s errors.
ChannelSets inspect_groups(const std::filesystem::path& model, const Config& config,
                           const RunOptions& options);
/// Writes the masked model of a stepped state. Verified on the first batch of request.data, or on
/// made-up inputs of the calibrated shapes: throws Error(Data) if the model does not take these.
/// With MaskForm::Weights masks go into the weights where that is possible
/// (compact/mask_weights.h), which the outputs of both forms are compared for; a warning names each
/// layer that keeps its mask. With small_out also the small model, as compact() would on the same
/// inputs; if it alone cannot be made, Report::failure says so. A config's `evaluate` judges what
/// was made; without, outputs are compared on the same inputs. If a gate fails nothing is written.
Report apply(const ApplyRequest& request, const RunOptions& options);

/// Writes the small model when it has been reloaded and found equal to the masked one: throws
/// Error(Check) if it is not. A config's `evaluate` judges both against the config's model, and if
/// a gate fails nothing is written; without, the small model is compared with the one without masks
/// on the first batch.
CompactResult compact(const CompactRequest& request, const RunOptions& options);

/// Judges TorchScript files (method and arguments as the config's model) by config.evaluate, with
/// the config's model as the baseline: all run on the same batches, in one pass. Of a group each
/// rank judges its shard, rank 0 merges. Throws Error of any kind, but none for gates that fail:
/// the report has them, and a state is written all the same.
EvaluationReport evaluate(const EvaluateRequest& request, const RunOptions& options);
/// What each group of layers costs alone at config.search's levels, with config.repair's method,
/// against the unmasked model. Writes nothing but checkpoints of the calibration. Throws Error of
/// any kind.
SensitivityReport sensitivity(const Config& config, const RunOptions& options);

/// The sparsity of each group under config.search's budget, with what run() makes of it: levels are
/// allocated by what groups cost alone, the whole is measured, and what was found is checked on
/// data that no choice has seen. Writes the found config, the curve, and run()'s outputs; if the
/// budget cannot be met those of the nearest, and the report says so. `shards`: what shards have
/// measured of the groups, which is then not measured again. Throws Error of any kind.
SearchReport search(const Config& config, const RunOptions& options,
                    const std::vector<std::filesystem::path>& shards = {});
/// What the shard options.shard has to measure for such a search, of every count-th group, on all
/// batches; written to `shard_out`.
SensitivityReport measure_search_shard(const Config& config, const RunOptions& options,
                                       const std::filesystem::path& shard_out);

/// What the shards of one evaluation have counted, put together. Throws Error(State).
EvaluationReport merge_evaluations(const std::vector<std::filesystem::path>& states_in,
                                   const std::filesystem::path& state_out);

}  // namespace actsparse
