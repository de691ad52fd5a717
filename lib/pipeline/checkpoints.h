#pragma once
// The files by which a later process goes on with a calibration: the last checkpoint, and the one
// before it in case the last cannot be read.
#include <filesystem>
#include <optional>

#include "config/config.h"
#include "distributed/process_group.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

class Checkpoints {
 public:
  /// None are written or read.
  Checkpoints() = default;
  /// `when.path`, or `output` with ".checkpoint". Throws Error(Config) if that is a file the config
  /// reads, Error(Output) if it cannot be written. Empty `output`: none can be written.
  /// Every rank of several has a file of its own.
  Checkpoints(const Config& config, const std::filesystem::path& output, const ProcessGroup& group);

  const std::filesystem::path& path() const { return path_; }
  bool are_asked_for() const { return when_.batches > 0 || when_.seconds > 0; }
  /// True if it is time after `batches` batches and `seconds` seconds of this process.
  bool is_due(int64_t batches, double seconds) const;
  /// Puts `state` in place of the last one, which becomes the one before.
  void write(const StateDict& state, double seconds);
  /// The last one; the one before if that cannot be read, with a warning; nothing if there is none.
  /// Throws Error(State) if there are files but none can be read.
  std::optional<StateDict> read() const;
  /// The job is done.
  void remove() const;

 private:
  std::filesystem::path previous() const;

  CheckpointConfig when_;
  std::filesystem::path path_;
  double last_seconds_ = 0;
};

}  // namespace actsparse
