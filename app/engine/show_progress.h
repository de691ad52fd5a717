#pragma once
#include <functional>
#include <memory>

#include "base/stopwatch.h"
#include "global_options.h"
#include "report/progress.h"

namespace actsparse {

/// One line of a terminal that is written over again, ten times a second at most.
class ProgressBar {
 public:
  ProgressBar() = default;
  /// Ends the line of a run that stopped midway, so that its error has a line of its own.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(const Progress& progress);

 private:
  Stopwatch clock_;
  double last_shown_ = -1;
  bool line_open_ = false;
};

/// A line of the log at most every `interval` seconds, the first of them when that has passed:
/// short jobs say nothing.
class ProgressLog {
 public:
  /// `as_fields`: the numbers are fields of a JSON log, beside the message.
  ProgressLog(double interval, bool as_fields) : interval_(interval), as_fields_(as_fields) {}
  void show(const Progress& progress);

 private:
  double interval_;
  bool as_fields_;
  Stopwatch clock_;
  double last_shown_ = 0;
};

/// Null if the options want none: on a terminal the bar, else lines of the log.
std::function<void(const Progress&)> progress_shower(const GlobalOptions& options);

}  // namespace actsparse
