#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include "base/bytes_written.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "compact/compact.h"
#include "compact/compare.h"
#include "compact/cost.h"
#include "compact/without_masks.h"
#include "model/load_model.h"
#include "model/measure_latency.h"
#include "pipeline/small_model.h"
#include "pipeline/trial_batches.h"
#include "record/run.h"

namespace actsparse {
namespace {

using torch::jit::Module;

constexpr double kDeadSignal = 1e-3;  // of a difference over the variation between samples
constexpr double kLatencySeconds = 2;

// Batches of other sizes than `batch`, for the proof.
std::vector<Arguments> other_sizes(const Arguments& batch, int64_t samples) {
  std::vector<Arguments> others;
  for (auto& other : {with_samples(batch, samples), with_smaller_images(with_samples(batch, 2))})
    if (!other.empty()) others.push_back(other);
  return others;
}

// The first batch, and others of other sizes if the masked model takes them.
std::vector<Difference> differences(const Session& masked, const Module& small,
                                    const Arguments& batch) {
  std::vector<Difference> found = {compare_outputs(masked, small, batch)};
  const int64_t samples = batch_size_of(batch);
  for (const auto& other : other_sizes(batch, samples == 2 ? 3 : 2)) try {
      found.push_back(compare_outputs(masked, small, other));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::Check) throw;  // else the masked model does not take it
    }
  return found;
}

void check(const CompactReport& report) {
  for (const auto& difference : report.differences)
    if (!(difference.relative <= report.tolerance))
      throw Error(ErrorKind::Check,
                  fmt::format("the small model differs from the masked one by {:.2g} on input {}, "
                              "allowed is {:g} (--tolerance); nothing was written, please report "
                              "the model",
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

void warn_of_nothing_removed(CompactReport& report) {
  int64_t masked = 0, removed = 0;
  for (const auto& layer : report.layers) {
    masked += layer.masked;
    removed += layer.removed;
  }
  if (masked == 0)
    report.warnings.push_back(
        "no layer has a whole channel masked: channels can be removed if the mask has one value "
        "per channel (reduce over all other dimensions)");
  else if (removed == 0)
    report.warnings.push_back("no masked channel could be removed");
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

BeforeAfter per_sample(const Compacted& compacted, const Arguments& batch) {
  const int64_t samples = std::max<int64_t>(1, batch_size_of(batch));
  return {compacted.macs_before / samples, compacted.macs_after / samples};
}

}  // namespace

CompactReport compare_small(const Session& session, const Compacted& compacted, const Module& small,
                            const Arguments& batch, const CompactOptions& options) {
  CompactReport report;
  report.layers = compacted.masks;
  report.parameters = {count_parameters(session.model), count_parameters(small)};
  report.macs = per_sample(compacted, sizes_to_try(batch)[0]);
  report.tolerance = options.tolerance;
  report.differences = differences(session, small, batch);
  check(report);
  warn_of_nothing_removed(report);
  warn_of_dead_signal(report);
  return report;
}

WrittenSmall write_small(Outputs& outputs, const SmallFile& file, const Session& session,
                         const Arguments& batch, const CompactOptions& options) {
  const Stopwatch stopwatch;
  const Module& masked = session.model;
  const Compacted compacted = compact(session, sizes_to_try(batch), options);
  AtomicFile& written = outputs.create(file.to);
  written.write([&](std::ostream& out) { write_model(compacted.module, out, file.extra); });
  written.close();
  const Module small = load_model(written.temporary(), session.device);
  CompactReport report = compare_small(session, compacted, small, batch, options);
  report.bytes = {bytes_written([&](std::ostream& out) { write_model(masked, out, file.extra); }),
                  static_cast<int64_t>(std::filesystem::file_size(written.temporary()))};
  warn_of_growth(report);
  report.latency = latency(session, small, batch);
  report.total_seconds = stopwatch.seconds();
  return {small, report};
}

}  // namespace actsparse
