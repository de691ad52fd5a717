#pragma once
// What each command is asked to do, as plain data, and what does it: the border between the command
// line, which needs no LibTorch, and the engine. perform() says what came of a request, and that it
// failed if a gate did; commands that run no model need no RunOptions.
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/launch.h"
#include "config/shard.h"

namespace actsparse {

class Answer;       // report/answer.h
struct RunOptions;  // pipeline/pipeline.h

/// Which batches this process runs, and with whom.
struct Job {
  bool resume = false;   ///< go on from the job's checkpoint, if there is one
  Shard shard;           ///< of a process on its own
  Launch launch;         ///< ranks share the batches by themselves
  double timeout = 600;  ///< seconds without news of a rank
};

struct RunRequest {
  Config config;
  bool is_dry_run = false;
};
Answer perform(const RunRequest& request, const RunOptions& options);

struct InspectRequest {
  std::filesystem::path file;
  std::optional<Config> config;
  bool groups = false;  ///< needs the config
};
/// A report's origin comes before its text.
Answer perform(const InspectRequest& request, const RunOptions& options);

struct CalibrateRequest {
  Config config;
  std::filesystem::path state_out;
};
Answer perform(const CalibrateRequest& request, const RunOptions& options);

struct MergeRequest {
  std::vector<std::filesystem::path> states_in;
  std::filesystem::path state_out;
};
/// States of calibrate or of evaluate.
Answer perform(const MergeRequest& request);

struct StepRequest {
  std::filesystem::path state_in;
  std::optional<Config> config;
  std::filesystem::path state_out;
};
Answer perform(const StepRequest& request);

/// How a masked model holds its masks.
enum class MaskForm { Buffers, Weights };

struct ApplyRequest {
  std::filesystem::path model, state, masked_out;
  std::filesystem::path small_out = {};  ///< empty: not written
  MaskForm form = MaskForm::Buffers;
  std::optional<Config> config = {};    ///< its `evaluate` judges what is made
  std::optional<DataConfig> data = {};  ///< its first batch is what all is tried on; nothing:
                                        ///< inputs are made up
  bool repair = false;                  ///< as `config` says, which it needs
};
Answer perform(const ApplyRequest& request, const RunOptions& options);

/// What a masked model is compacted with.
struct CompactSettings {
  std::string method = "forward";
  DataConfig data;  ///< its first batch is what shapes, constants and the proof are found on
  CompactOptions options;
};

struct CompactRequest {
  std::filesystem::path masked, small_out;
  CompactSettings settings;
  std::optional<Config> config = {};  ///< its `evaluate` judges what is made
};
Answer perform(const CompactRequest& request, const RunOptions& options);

struct EvaluateRequest {
  Config config;                                  ///< with `evaluate`; its model is the baseline
  std::vector<std::filesystem::path> candidates;  ///< at least one
  std::filesystem::path state_out = {};           ///< takes a shard's sums; empty: not written
};
Answer perform(const EvaluateRequest& request, const RunOptions& options);

struct SensitivityRequest {
  Config config;
  std::filesystem::path picture = {};  ///< SVG; empty: not written
};
Answer perform(const SensitivityRequest& request, const RunOptions& options);

struct SearchRequest {
  Config config;                       ///< with search.budget
  std::filesystem::path picture = {};  ///< SVG; empty: not written
  /// Takes what a shard has measured of the groups, which is then all that is done; empty: none is.
  std::filesystem::path shard_out = {};
  std::vector<std::filesystem::path> shards = {};  ///< what all shards have written
};
Answer perform(const SearchRequest& request, const RunOptions& options);

struct ReportRequest {
  std::vector<std::filesystem::path> reports;  ///< at least one
  std::vector<std::filesystem::path> states;   ///< each of one of them, or more
  std::filesystem::path page_out;
};
Answer perform(const ReportRequest& request);

struct InitRequest {
  std::filesystem::path model;
  std::vector<std::filesystem::path> data;  ///< a file for each argument, or .pt files of batches
  std::filesystem::path config_out;         ///< must not be there yet
};
/// Writes a config that was tried on the first batch.
Answer perform(const InitRequest& request, const RunOptions& options);

struct FunctionsRequest {};
Answer perform(const FunctionsRequest& request);

struct VersionRequest {};
/// Of actsparse, of the LibTorch that was loaded and the one it was built with, and the devices.
Answer perform(const VersionRequest& request);

/// One of them: a line per command.
using Request =
    std::variant<RunRequest, InspectRequest, CalibrateRequest, MergeRequest, StepRequest,
                 ApplyRequest, CompactRequest, EvaluateRequest, SensitivityRequest, SearchRequest,
                 ReportRequest, FunctionsRequest, VersionRequest, InitRequest>;

}  // namespace actsparse
