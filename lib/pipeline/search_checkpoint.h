#pragma once
// The file by which a later process goes on with a search: what groups cost alone, and what wholes
// were measured.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "record/run.h"
#include "report/search_report.h"

namespace actsparse {

/// A digest of all that decides what a search comes to.
std::string search_job(const Config& config, const StateMeta& meta);

class SearchCheckpoint {
 public:
  /// Beside the calibration's: "`calibration`.search"; an empty path: none. It is that of the job
  /// that `config` and `meta` name.
  SearchCheckpoint(const std::filesystem::path& calibration, const Config& config,
                   const StateMeta& meta);

  /// Reads what an earlier process has left of this job, if it did. Throws Error(State) if the file
  /// cannot be read.
  void read();

  /// What SmallShares::times() told.
  std::map<std::string, double> times() const;
  /// Fills in what groups cost alone, in a report that has the groups; false if that is not known.
  bool fill(SensitivityReport& report) const;
  /// What was measured of a whole with these levels.
  std::optional<std::vector<Metric>> measured(const std::vector<double>& levels) const;

  /// Notes it, and writes the file if config.run.checkpoint asks for any.
  void note(const std::map<std::string, double>& times);
  void note(const SensitivityReport& report);
  void note(const SearchPoint& point);
  /// Writes what was noted; nothing if nothing was.
  void write() const;
  /// The job is done.
  void remove() const;

 private:
  void write_if_asked() const;
  Error unusable(const std::exception& cause) const;

  std::filesystem::path path_;
  bool is_asked_for_ = false;
  nlohmann::ordered_json noted_;  // "job", "times", "sensitivity", "measured"
};

}  // namespace actsparse
