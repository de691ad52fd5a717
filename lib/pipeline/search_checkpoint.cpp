#include "pipeline/search_checkpoint.h"

#include <spdlog/spdlog.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/digest.h"
#include "base/error.h"
#include "config/provenance.h"
#include "pipeline/search_data.h"
#include "report/metric_record.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// All that decides what a search comes to.
std::string search_job(const Config& config, const StateMeta& meta) {
  auto settings = config.effective;
  for (const char* key : {"output", "run"}) settings.erase(key);
  const auto compact = config.effective.value("output", nlohmann::json::object());
  return digest_of(to_json(static_cast<const Provenance&>(meta)).dump() + settings.dump() +
                   compact.value("compact", nlohmann::json()).dump() +
                   open_search_data(config, SearchPart::All).batches->fingerprint());
}

ordered_json record_of(const SensitivityReport& report) {
  ordered_json record = {{"metric", report.metric},
                         {"repair", report.repair},
                         {"data", report.data},
                         {"batches", report.batches},
                         {"samples", report.samples},
                         {"left", ordered_json::array()},
                         {"groups", ordered_json::array()}};
  for (const auto& layer : report.left)
    record["left"].push_back(ordered_json::array({layer.layer, layer.reason}));
  for (const auto& group : report.groups) {
    ordered_json points = ordered_json::array();
    for (const auto& point : group.points)
      points.push_back({{"macs", value_or_null(point.macs)},
                        {"parameters", value_or_null(point.parameters)},
                        {"metrics", record_of(point.metrics)}});
    record["groups"].push_back(std::move(points));
  }
  return record;
}

void from_record(const ordered_json& record, SensitivityReport& report) {
  record.at("metric").get_to(report.metric);
  record.at("repair").get_to(report.repair);
  record.at("data").get_to(report.data);
  record.at("batches").get_to(report.batches);
  record.at("samples").get_to(report.samples);
  for (const auto& layer : record.at("left"))
    report.left.push_back({layer.at(0).get<std::string>(), layer.at(1).get<std::string>()});
  for (size_t i = 0; i < report.groups.size(); ++i)
    for (size_t n = 0; n < report.groups[i].points.size(); ++n) {
      const ordered_json& known = record.at("groups").at(i).at(n);
      SensitivityPoint& point = report.groups[i].points[n];
      point.macs = optional_at<double>(known, "macs");
      point.parameters = optional_at<double>(known, "parameters");
      point.metrics = metrics_of_record(known.at("metrics"));
    }
}

}  // namespace

SearchCheckpoint::SearchCheckpoint(const fs::path& calibration, const Config& config,
                                   const StateMeta& meta)
    : is_asked_for_(config.run.checkpoint.batches > 0 || config.run.checkpoint.seconds > 0) {
  if (calibration.empty()) return;
  path_ = calibration.string() + ".search";
  noted_ = {{"job", search_job(config, meta)},
            {"sensitivity", nullptr},
            {"measured", ordered_json::array()}};
}

void SearchCheckpoint::read() {
  std::error_code ignored;
  if (path_.empty() || !fs::exists(path_, ignored)) return;
  try {
    std::ifstream file(path_);
    ordered_json left = ordered_json::parse(file);
    if (left.at("job") != noted_.at("job")) {
      spdlog::info("the search or its data differ from those of {}: it starts anew",
                   path_.string());
      return;
    }
    spdlog::info("going on after {} wholes that were measured", left.at("measured").size());
    noted_ = std::move(left);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::State, path_.string() + ": " + error.what() +
                                      "; remove it, and --resume searches from the start");
  }
}

bool SearchCheckpoint::fill(SensitivityReport& report) const {
  if (noted_.is_null() || noted_.at("sensitivity").is_null()) return false;
  try {
    from_record(noted_.at("sensitivity"), report);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::State, path_.string() + ": " + error.what() +
                                      "; remove it, and --resume searches from the start");
  }
  return true;
}

std::optional<std::vector<Metric>> SearchCheckpoint::measured(
    const std::vector<double>& levels) const {
  if (noted_.is_null()) return std::nullopt;
  for (const auto& known : noted_.at("measured"))
    if (known.at("levels").get<std::vector<double>>() == levels)
      return metrics_of_record(known.at("metrics"));
  return std::nullopt;
}

void SearchCheckpoint::note(const SensitivityReport& report) {
  if (path_.empty()) return;
  noted_["sensitivity"] = record_of(report);
  write_if_asked();
}

void SearchCheckpoint::note(const SearchPoint& point) {
  if (path_.empty()) return;
  noted_["measured"].push_back({{"levels", point.levels}, {"metrics", record_of(point.measured)}});
  write_if_asked();
}

void SearchCheckpoint::write_if_asked() const {
  if (is_asked_for_) write();
}

void SearchCheckpoint::write() const {
  if (path_.empty() || noted_.at("sensitivity").is_null()) return;
  AtomicFile file(path_);
  file.stream() << noted_.dump() << '\n';
  file.commit();
}

void SearchCheckpoint::remove() const {
  std::error_code ignored;
  if (path_.empty()) return;
  remove_leftovers(path_);
  fs::remove(path_, ignored);
}

}  // namespace actsparse
