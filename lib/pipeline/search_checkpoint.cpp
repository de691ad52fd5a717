#include "pipeline/search_checkpoint.h"

#include <ATen/Parallel.h>
#include <spdlog/spdlog.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/digest.h"
#include "base/error.h"
#include "config/provenance.h"
#include "pipeline/search_data.h"
#include "report/metric_record.h"
#include "report/sensitivity_record.h"

namespace actsparse {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string search_job(const Config& config, const StateMeta& meta) {
  auto settings = config.effective;
  for (const char* key : {"output", "run"}) settings.erase(key);
  const auto compact = config.effective.value("output", nlohmann::json::object());
  return digest_of(to_json(static_cast<const Provenance&>(meta)).dump() + settings.dump() +
                   compact.value("compact", nlohmann::json()).dump() +
                   (config.search.limits_time() ? std::to_string(at::get_num_threads()) : "") +
                   open_search_data(config, SearchPart::All).batches->fingerprint());
}

SearchCheckpoint::SearchCheckpoint(const fs::path& calibration, const Config& config,
                                   const StateMeta& meta)
    : is_asked_for_(config.run.checkpoint.batches > 0 || config.run.checkpoint.seconds > 0) {
  if (calibration.empty()) return;
  path_ = calibration.string() + ".search";
  noted_ = {{"job", search_job(config, meta)},
            {"times", ordered_json::object()},
            {"sensitivity", nullptr},
            {"measured", ordered_json::array()}};
}

Error SearchCheckpoint::unusable(const std::exception& cause) const {
  return {ErrorKind::State, path_.string() + ": " + cause.what() +
                                "; remove it, and --resume searches from the start"};
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
    throw unusable(error);
  }
}

bool SearchCheckpoint::fill(SensitivityReport& report) const {
  if (noted_.is_null() || noted_.at("sensitivity").is_null()) return false;
  try {
    from_record(noted_.at("sensitivity"), report);
  } catch (const nlohmann::json::exception& error) {
    throw unusable(error);
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

std::map<std::string, double> SearchCheckpoint::times() const {
  if (noted_.is_null()) return {};
  try {
    return noted_.at("times").get<std::map<std::string, double>>();
  } catch (const nlohmann::json::exception& error) {
    throw unusable(error);
  }
}

void SearchCheckpoint::note(const std::map<std::string, double>& times) {
  if (path_.empty()) return;
  noted_["times"] = times;
  write_if_asked();
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
  const bool knows_nothing =
      path_.empty() || (noted_.at("sensitivity").is_null() && noted_.at("times").empty());
  if (knows_nothing) return;
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
