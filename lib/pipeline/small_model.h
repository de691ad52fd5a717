#pragma once
// Small models: compacted, written, loaded again, compared with the masked ones.
#include <filesystem>

#include "compact/compact.h"
#include "config/config.h"
#include "model/extra_files.h"
#include "model/session.h"
#include "pipeline/outputs.h"
#include "pipeline/trial_batches.h"
#include "report/compact_report.h"

namespace actsparse {

/// A small model to be written.
struct SmallFile {
  std::filesystem::path to;
  ExtraFiles extra;  ///< what goes into the archive beside it
};

/// A small model in its file (not yet in place), as loaded again from there.
struct WrittenSmall {
  torch::jit::Module model;
  CompactReport report;
};

/// What is known of a small model, `small` being what was written and loaded again: all but names,
/// bytes and times. Throws Error(Check) if it differs from the masked one on one of the trials'
/// inputs by more than the tolerance. Other methods that differ are a warning
/// (compact/other_methods.h).
CompactReport compare_small(const Session& masked, const Compacted& compacted,
                            const torch::jit::Module& small, const Trials& trials,
                            const CompactOptions& options);

/// Writes the small model of a masked one, loads that file again and compares the two on `batch`
/// and on other sizes of it that the masked one takes. Throws Error(Check) beyond the tolerance,
/// Error(Data) if the masked model does not take the batch, and compact()'s errors.
WrittenSmall write_small(Outputs& outputs, const SmallFile& file, const Session& masked,
                         const TrialBatch& batch, const CompactOptions& options);

}  // namespace actsparse
