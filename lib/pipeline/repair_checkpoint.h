#pragma once
// The file by which a later process goes on with a repair: beside the calibration's checkpoint.
#include <filesystem>
#include <optional>
#include <string>

#include "base/stopwatch.h"
#include "config/config.h"
#include "record/run.h"
#include "repair/progress.h"

namespace actsparse {

class RepairCheckpoint {
 public:
  /// Nothing is written or read.
  RepairCheckpoint() = default;
  /// "`calibration`.repair"; an empty path: none. It is that of the job that `config` and `meta`
  /// name: of other data or settings nothing is gone on from.
  RepairCheckpoint(const std::filesystem::path& calibration, const Config& config,
                   const StateMeta& meta);

  /// What an earlier process has left of this job; nothing if it left none. Throws Error(State) if
  /// the file cannot be read.
  RepairProgress read() const;

  /// What an earlier process has left: noted, not written again.
  void go_on_from(const RepairProgress& known) { noted_ = known; }
  /// Notes how far it is, and writes it when that is asked for and due.
  void note(const std::vector<LayerOutcome>& layers);
  void note(const TuneProgress& tune);
  /// Writes what was noted; nothing if nothing was.
  void write();
  /// The job is done.
  void remove() const;

 private:
  void write_if_due();

  std::filesystem::path path_;
  std::string job_;
  CheckpointConfig when_;
  RepairProgress noted_;
  Stopwatch since_;
};

}  // namespace actsparse
