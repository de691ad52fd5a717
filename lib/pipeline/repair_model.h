#pragma once
// A masked model, repaired on the data that a config names.
#include <filesystem>

#include "config/config.h"
#include "model/session.h"
#include "pipeline/pipeline.h"
#include "report/repair_report.h"

namespace actsparse {

struct RepairedModel {
  torch::jit::Module module;
  RepairReport report;
};

/// By config.repair, on its data or the calibration's; `folder` takes files that are gone when it
/// ends. Throws repair()'s errors, and Error(Interrupted).
RepairedModel repair_model(const Config& config, const Session& unmasked,
                           const torch::jit::Module& masked, const std::filesystem::path& folder,
                           const RunOptions& options);

}  // namespace actsparse
