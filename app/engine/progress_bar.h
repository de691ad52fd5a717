#pragma once
#include <ostream>

#include "pipeline/pipeline.h"

namespace actsparse {

/// One line that is written over again: batches, layers or steps done, samples per second, time
/// left. For terminals only.
class ProgressBar {
 public:
  explicit ProgressBar(std::ostream& out) : out_(out) {}
  /// Ends the line of a run that stopped midway, so that its error has a line of its own.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(const Progress& progress);

 private:
  std::ostream& out_;
  double last_shown_ = -1;  // seconds; the line is redrawn ten times a second at most
  bool line_open_ = false;
};

/// "[#####     ]  3/16 batches  512 samples/s  ETA 0:07"; without a sample count batches/s instead;
/// of a repair with the layer that was done at the end.
std::string progress_line(const Progress& progress);

}  // namespace actsparse
