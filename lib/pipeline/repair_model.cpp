#include "pipeline/repair_model.h"

#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "base/stopwatch.h"
#include "data/batch_source.h"
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
auto progress_of(const RunOptions& options, const std::string& what) {
  return [&options, what](auto done, auto all) {
    const std::string where = fmt::format("{} {} of {}", what, done, all);
    options.group.progress(where);
    if (options.is_interrupted()) throw Error(ErrorKind::Interrupted, "interrupted after " + where);
  };
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
  const std::string data = config.repair.data ? "repair.data" : "data";
  check_held_out(data_of(config), config.repair.holdout, data + ".batch_size");
  if (config.repair.tune)
    check_held_out(tuning_data(config), config.repair.holdout, "repair.tune.batch_size");
}

RepairReport repair_in_place(Squashed& squashed, const Config& config,
                             const std::filesystem::path& folder, const RunOptions& options) {
  const Stopwatch stopwatch;
  const RepairConfig& settings = config.repair;
  const Session& unmasked = squashed.unmasked;
  Repaired repaired = repair(unmasked.with(squashed.masked), *open_batches(data_of(config)),
                             {settings, folder, progress_of(options, "repairing layer")});
  squashed.masked = repaired.module;
  RepairReport report{settings.method,
                      std::move(repaired.layers),
                      std::move(repaired.left),
                      repaired.batches,
                      repaired.held_out,
                      {},
                      0};
  if (settings.tune) {
    const Tuned tuned = tune(unmasked, squashed.masked, *open_batches(tuning_data(config)),
                             {*settings.tune, settings.holdout, config.run.seed, folder,
                              progress_of(options, "tuning step")});
    squashed.masked = tuned.module;
    report.tuned = tuned.report;
  }
  report.seconds = stopwatch.seconds();
  return report;
}

}  // namespace actsparse
