#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/bytes_written.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "compact/compact.h"
#include "compact/compare.h"
#include "compact/cost.h"
#include "compact/other_methods.h"
#include "compact/without_masks.h"
#include "model/load_model.h"
#include "model/measure_latency.h"
#include "pipeline/load_written.h"
#include "pipeline/small_model.h"
#include "pipeline/trial_batches.h"
#include "record/run.h"

namespace actsparse {
namespace {

using torch::jit::Module;

constexpr double kDeadSignal = 1e-3;  // of a difference over the variation between samples
constexpr double kUsualShare = 0.8;   // of masked channels that go
constexpr double kLatencySeconds = 2;

void check(const CompactReport& report) {
  for (const auto& difference : report.differences)
    if (!(difference.relative <= report.tolerance))
      throw Error(ErrorKind::Check,
                  fmt::format("the small model differs from the masked one by {:.2g} on input {}, "
                              "allowed is {:g} (--tolerance); please report the model",
                              difference.relative, difference.shape, report.tolerance));
}

void warn_of_dead_signal(CompactReport& report) {
  for (const auto& difference : report.differences)
    if (difference.over_variation >= kDeadSignal || !difference.varies)
      report.warnings.push_back(fmt::format(
          "on input {} the outputs of different samples hardly differ: the masks have left almost "
          "no signal, so that the comparison says little",
          difference.shape));
}

void warn_of_little_removed(CompactReport& report) {
  int64_t masked = 0, removed = 0;
  for (const auto& layer : report.layers) {
    masked += layer.masked;
    removed += layer.removed;
  }
  const double share = static_cast<double>(removed) / static_cast<double>(masked);
  const bool are_gates =
      !report.layers.empty() && std::all_of(report.layers.begin(), report.layers.end(),
                                            [](const auto& layer) { return layer.looks_at_input; });
  if (are_gates)
    report.warnings.push_back(
        "the gates of all masked layers look at their input, so that no channel is always 0 and "
        "nothing can be removed: gates save time in kernels that skip zeros only");
  else if (masked == 0)
    report.warnings.push_back(
        "no layer has a whole channel masked: channels can be removed if the mask has one value "
        "per channel (reduce over all other dimensions)");
  else if (removed == 0)
    report.warnings.push_back("no masked channel could be removed" + most_kept(report.layers));
  else if (share < kUsualShare)
    report.warnings.push_back(
        fmt::format("only {} of the {} masked channels ({:.0f} %) could be removed{}", removed,
                    masked, 100 * share, most_kept(report.layers)));
}

// What looks as if it never changed is then written into the small model as it is.
void warn_of_one_size(CompactReport& report, const Trials& trials) {
  if (trials.sizes.size() == 1)
    report.warnings.push_back(
        "the masked model was found to take one size of input only, " +
        report.differences.front().shape +
        ": if there is another one, nothing shows what the small model gives for it (the data's "
        "first, second and last batch are tried)");
}

void warn_of_growth(CompactReport& report) {
  if (report.bytes.after > report.bytes.before)
    report.warnings.push_back(
        "the file is larger than the masked model's: what was removed takes less than the code "
        "that "
        "was added; keep the masked model, or try the other form (--flat, --keep-modules)");
}

Latency latency(const Session& masked, const Module& small, const Arguments& batch) {
  const auto medians =
      measure_latency({without_masks(masked), masked, masked.with(small)}, batch, kLatencySeconds);
  return {medians.seconds[0], medians.seconds[1],    medians.seconds[2],
          medians.rounds,     at::get_num_threads(), batch_size_of(batch)};
}

BeforeAfter per_sample(const Compacted& compacted, int64_t samples) {
  return {compacted.macs_before / samples, compacted.macs_after / samples};
}

}  // namespace

CompactReport compare_small(const Session& session, const Compacted& compacted, const Module& small,
                            const Trials& trials, const CompactOptions& options) {
  CompactReport report;
  report.layers = compacted.masks;
  report.parameters = {count_parameters(session.model), count_parameters(small)};
  report.macs = per_sample(compacted, trials.samples);
  report.tolerance = options.tolerance;
  for (const auto& input : trials.inputs)
    report.differences.push_back(compare_on_all(session, small, input));
  check(report);
  warn_of_little_removed(report);
  warn_of_dead_signal(report);
  warn_of_one_size(report, trials);
  for (auto& doubt : doubts_about_methods(session, small, trials.inputs[0][0], options.tolerance))
    report.warnings.push_back(std::move(doubt));
  return report;
}

WrittenSmall write_small(Outputs& outputs, const SmallFile& file, const Session& session,
                         const TrialBatch& batch, const CompactOptions& options) {
  const Stopwatch stopwatch;
  const Module& masked = session.model;
  const Trials trials = find_trials(in_eval_mode(session), batch);
  const Compacted compacted = compact(session, trials.sizes, options);
  AtomicFile& written = outputs.create(file.to);
  written.write([&](std::ostream& out) { write_model(compacted.module, out, file.extra); });
  written.close();
  const Module small = load_written(written, session.device);
  CompactReport report = compare_small(session, compacted, small, trials, options);
  report.bytes = {bytes_written([&](std::ostream& out) { write_model(masked, out, file.extra); }),
                  static_cast<int64_t>(std::filesystem::file_size(written.temporary()))};
  warn_of_growth(report);
  report.latency = latency(session, small, batch.arguments);
  report.total_seconds = stopwatch.seconds();
  return {small, report};
}

}  // namespace actsparse
