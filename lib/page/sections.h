#pragma once
// The sections of a report's page, as HTML without their headings. Each is empty where the report
// has nothing for it.
#include <string>
#include <vector>

#include "page/charts.h"
#include "page/page.h"

namespace actsparse {

/// The headline's figures, large.
std::string headline_tiles(const ReportJson& report);
/// Command, model, data, and what was checked.
std::string facts_of(const ReportJson& report);
std::string warnings_of(const ReportJson& report);
/// Baseline and candidates: metrics, gates, and the stages of a repair.
std::string answers_of(const ReportJson& report);
/// Parameters, MACs, bytes and time before and after.
std::string sizes_of(const ReportJson& report);
std::string layers_of(const ReportJson& report);
/// What became of masked channels when they were removed.
std::string removed_channels_of(const ReportJson& report);
std::string channel_maps_of(const std::vector<LayerFigures>& figures, Charts& charts);
std::string histograms_of(const std::vector<LayerFigures>& figures, Charts& charts);
std::string repair_of(const ReportJson& report);
std::string sensitivity_of(const ReportJson& report, Charts& charts);
std::string trade_off_of(const ReportJson& report, Charts& charts);
/// Versions and digests.
std::string provenance_of(const ReportJson& report);

/// Several reports side by side.
std::string comparison_of(const std::vector<PageReport>& reports, Charts& charts);

}  // namespace actsparse
