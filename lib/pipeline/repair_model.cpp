#include "pipeline/repair_model.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/error.h"
#include "base/stopwatch.h"
#include "data/batch_source.h"
#include "pipeline/refuse_dynamic.h"
#include "pipeline/stages.h"
#include "repair/held_out.h"
#include "repair/repair.h"
#include "repair/tune.h"

namespace actsparse {
namespace {

const DataConfig& data_of(const Config& config) {
  return config.repair.data ? *config.repair.data : config.data;
}

// With batches of its own size.
DataConfig tuning_data(const Config& config) {
  DataConfig data = data_of(config);
  data.batch_size = config.repair.tune->batch_size;
  return data;
}

// Says how far it is, and stops where the user asks for it.
void tell_repair(const RunOptions& options, const std::string& what, const Progress& progress) {
  if (options.progress) options.progress(progress);
  const std::string where = fmt::format("{} {} of {}", what, progress.batch, progress.batches);
  options.group.progress(where);
  if (options.is_interrupted()) throw Error(ErrorKind::Interrupted, "interrupted after " + where);
}

Repaired repair_layers(const Session& masked, const Config& config,
                       const std::filesystem::path& folder, const RunOptions& options,
                       const std::vector<LayerOutcome>& known, RepairCheckpoint& checkpoint) {
  RepairOptions settings{config.repair, folder, {}, known};
  settings.keep = [&](const auto& layers) { checkpoint.note(layers); };
  settings.progress = [&, stopwatch = Stopwatch()](size_t done, size_t all,
                                                   const std::string& layer) mutable {
    if (done <= known.size()) stopwatch = Stopwatch();  // those take less time
    Progress progress{static_cast<int64_t>(done),
                      static_cast<int64_t>(all),
                      0,
                      stopwatch.seconds(),
                      "layers",
                      layer};
    progress.batches_before = static_cast<int64_t>(std::min(done, known.size()));
    tell_repair(options, "repairing layer", progress);
  };
  return repair(masked, *open_batches(data_of(config)), settings);
}

Tuned tune_model(const Session& unmasked, const torch::jit::Module& masked, const Config& config,
                 const std::filesystem::path& folder, const RunOptions& options,
                 const std::optional<TuneProgress>& known, RepairCheckpoint& checkpoint) {
  TuneOptions settings{*config.repair.tune, config.repair.holdout, config.run.seed, folder};
  settings.known = known;
  settings.keep = [&](const TuneProgress& progress) { checkpoint.note(progress); };
  settings.progress = [&, stopwatch = Stopwatch()](int64_t done, int64_t all) {
    Progress progress{done, all, 0, stopwatch.seconds(), "steps"};
    if (known) progress.batches_before = known->step;
    tell_repair(options, "tuning step", progress);
  };
  return tune(unmasked, masked, *open_batches(tuning_data(config)), settings);
}

void check_held_out(const DataConfig& data, double share, const std::string& key) {
  const int64_t batches = open_batches(data)->batches();
  if (share == 0 || holds_any_out(batches, share)) return;
  throw Error(ErrorKind::Config,
              fmt::format("repair.holdout: {:g} of {} batches is less than one batch; give more "
                          "data, a smaller {}, or a larger share",
                          share, batches, key));
}

}  // namespace

void check_repair(const Config& config) {
  if (!config.repair.is_on()) return;
  refuse_dynamic(config, "repair");
  const std::string data = config.repair.data ? "repair.data" : "data";
  check_held_out(data_of(config), config.repair.holdout, data + ".batch_size");
  if (config.repair.tune)
    check_held_out(tuning_data(config), config.repair.holdout, "repair.tune.batch_size");
}

Repairs repair_in_place(Squashed& squashed, const Config& config,
                        const std::filesystem::path& folder, const RunOptions& options,
                        RepairCheckpoint& checkpoint) {
  const Stopwatch stopwatch;
  const auto names = stage_names(config.repair);
  const RepairConfig& settings = config.repair;
  const Session& unmasked = squashed.unmasked;
  const RepairProgress known = options.resume ? checkpoint.read() : RepairProgress();
  Repairs repairs;
  RepairReport& report = repairs.report;
  report.method = settings.method;
  squashed.is_repaired = true;
  const auto note_stage = [&] {
    repairs.stages.push_back({names.at(repairs.stages.size()), unmasked.with(squashed.masked)});
  };
  note_stage();
  checkpoint.go_on_from(known);
  if (settings.changes_layers()) {
    Repaired repaired = repair_layers(unmasked.with(squashed.masked), config, folder, options,
                                      known.layers, checkpoint);
    squashed.masked = repaired.module;
    report.layers = std::move(repaired.layers);
    report.left = std::move(repaired.left);
    report.batches = repaired.batches;
    report.held_out = repaired.held_out;
  }
  if (settings.tune) {
    if (settings.changes_layers()) note_stage();
    const Tuned tuned =
        tune_model(unmasked, squashed.masked, config, folder, options, known.tune, checkpoint);
    squashed.masked = tuned.module;
    report.tuned = tuned.report;
  }
  report.seconds = stopwatch.seconds();
  return repairs;
}

}  // namespace actsparse
