#pragma once
// How far a job is, for people who wait for it.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse {

/// How far a calibration, an evaluation or a repair is; `batches` is how many this process has to
/// run, of a repair layers or steps.
struct Progress {
  int64_t batch = 0;
  int64_t batches = 0;
  int64_t samples = 0;
  double seconds = 0;            ///< since the loop began
  std::string unit = "batches";  ///< what is counted
  std::string at = {};           ///< the layer that was done
  /// Of `batch` and `samples`, what an earlier process has done (--resume): it says nothing of how
  /// fast this one is.
  int64_t batches_before = 0, samples_before = 0;
};

/// "[#####     ]  3/16 batches  512.0 samples/s  ETA 0:07  conv1" within `width` columns: the bar
/// is shortened, then left out, then the text is cut. Without a sample count batches/s instead.
std::string progress_bar(const Progress& progress, size_t width);

/// The same without a bar, for a log: "3 of 16 batches, 512.0 samples/s, 0:07 left".
std::string progress_text(const Progress& progress);

/// {"unit", "done", "all", "samples", "seconds", "rate", "seconds_left", "at"}: `rate` in samples
/// or units per second; `samples` and `at` only where there are any.
nlohmann::ordered_json progress_fields(const Progress& progress);

}  // namespace actsparse
