#pragma once
// A masked model, repaired on the data that a config names.
#include <filesystem>
#include <vector>

#include "config/config.h"
#include "pipeline/examination.h"
#include "pipeline/masked_model.h"
#include "pipeline/pipeline.h"
#include "pipeline/repair_checkpoint.h"
#include "report/repair_report.h"

namespace actsparse {

/// What shows before a calibration: throws Error(Config) if config.repair is to hold out less than
/// a batch or a mask_fn is dynamic, Error(Data) if its data cannot be opened.
void check_repair(const Config& config);

/// What was done to a masked model, and what it was before each stage: as stage_names() says.
struct Repairs {
  RepairReport report;
  std::vector<Contestant> stages;
};

/// Repairs and tunes squashed.masked by config.repair, on its data or the calibration's; `folder`
/// takes files that are gone when it ends. With options.resume it goes on from `checkpoint`, which
/// gets to know how far it is. Throws repair()'s errors, and Error(Interrupted).
Repairs repair_in_place(Squashed& squashed, const Config& config,
                        const std::filesystem::path& folder, const RunOptions& options,
                        RepairCheckpoint& checkpoint);

}  // namespace actsparse
