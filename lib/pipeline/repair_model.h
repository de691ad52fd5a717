#pragma once
// A masked model, repaired on the data that a config names.
#include <filesystem>

#include "config/config.h"
#include "pipeline/masked_model.h"
#include "pipeline/pipeline.h"
#include "report/repair_report.h"

namespace actsparse {

/// What shows before a calibration: throws Error(Config) if config.repair is to hold out less than
/// a batch, Error(Data) if its data cannot be opened.
void check_repair(const Config& config);

/// Repairs and tunes squashed.masked by config.repair, on its data or the calibration's; `folder`
/// takes files that are gone when it ends. Throws repair()'s errors, and Error(Interrupted).
RepairReport repair_in_place(Squashed& squashed, const Config& config,
                             const std::filesystem::path& folder, const RunOptions& options);

}  // namespace actsparse
