#include "pipeline/repair_model.h"

#include "base/error.h"
#include "base/stopwatch.h"
#include "data/batch_source.h"
#include "repair/repair.h"
#include "repair/tune.h"

namespace actsparse {

namespace {

// With batches of its own size.
void tune_model(RepairedModel& repaired, const Config& config, const Session& unmasked,
                const std::filesystem::path& folder, const RunOptions& options) {
  DataConfig source = config.repair.data.value_or(config.data);
  source.batch_size = config.repair.tune->batch_size;
  const auto data = open_batches(source);
  TuneOptions settings{*config.repair.tune, config.repair.holdout, config.run.seed, folder, {}};
  settings.progress = [&](int64_t done, int64_t all) {
    options.group.progress("step " + std::to_string(done) + " of " + std::to_string(all) +
                           " of tuning");
    if (options.is_interrupted())
      throw Error(ErrorKind::Interrupted, "interrupted after step " + std::to_string(done) +
                                              " of " + std::to_string(all) + " of tuning");
  };
  Tuned tuned = tune(unmasked, repaired.module, *data, settings);
  repaired.module = std::move(tuned.module);
  repaired.report.tuned = tuned.report;
}

}  // namespace

RepairedModel repair_model(const Config& config, const Session& unmasked,
                           const torch::jit::Module& masked, const std::filesystem::path& folder,
                           const RunOptions& options) {
  const Stopwatch stopwatch;
  const auto data = open_batches(config.repair.data.value_or(config.data));
  RepairOptions settings{config.repair, folder, {}};
  settings.progress = [&](size_t done, size_t all) {
    options.group.progress("repaired layer " + std::to_string(done) + " of " + std::to_string(all));
    if (options.is_interrupted())
      throw Error(ErrorKind::Interrupted, "interrupted after repairing " + std::to_string(done) +
                                              " of " + std::to_string(all) + " layers");
  };
  Repaired repaired = repair(unmasked.with(masked), *data, settings);
  RepairedModel made{std::move(repaired.module),
                     {config.repair.method,
                      std::move(repaired.layers),
                      std::move(repaired.left),
                      repaired.batches,
                      repaired.held_out,
                      {},
                      0}};
  if (config.repair.tune) tune_model(made, config, unmasked, folder, options);
  made.report.seconds = stopwatch.seconds();
  return made;
}

}  // namespace actsparse
