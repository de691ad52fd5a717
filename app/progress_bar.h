#pragma once
#include <ostream>

#include "pipeline/pipeline.h"

namespace actsparse {

/// One line that is written over again: batches done, samples per second, time left. For terminals
/// only.
class ProgressBar {
 public:
  explicit ProgressBar(std::ostream& out) : out_(out) {}
  void show(const Progress& progress);

 private:
  std::ostream& out_;
  double last_shown_ = -1;  // seconds; the line is redrawn ten times a second at most
};

/// "[#####     ]  3/16 batches  512 samples/s  ETA 0:07"; without a sample count batches/s instead.
std::string progress_line(const Progress& progress);

}  // namespace actsparse
