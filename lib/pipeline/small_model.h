#pragma once
// Small models: compacted, written, loaded again, compared with the masked ones.
#include <ATen/core/ivalue.h>

#include <filesystem>
#include <vector>

#include "compact/compact.h"
#include "config/config.h"
#include "model/extra_files.h"
#include "model/session.h"
#include "pipeline/outputs.h"
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
/// bytes and times. Throws Error(Check) if it differs from the masked one on `batch` or other sizes
/// of it by more than the tolerance.
CompactReport compare_small(const Session& masked, const Compacted& compacted,
                            const torch::jit::Module& small, const std::vector<c10::IValue>& batch,
                            const CompactOptions& options);

/// Writes the small model of a masked one, loads that file again and compares the two on `batch`
/// and on other sizes of it. Throws Error(Check) beyond the tolerance, and compact()'s errors.
WrittenSmall write_small(Outputs& outputs, const SmallFile& file, const Session& masked,
                         const std::vector<c10::IValue>& batch, const CompactOptions& options);

}  // namespace actsparse
