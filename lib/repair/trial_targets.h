#pragma once
// Which weights the trials of groups solve for.
#include <string>
#include <vector>

#include "repair/repaired_layer.h"
#include "repair/targets.h"

namespace actsparse {

struct TrialTargets {
  std::vector<std::vector<Target>> of_groups;
  std::vector<LeftLayer> left;  ///< layers that stay as they are, and why
};

/// Those that read a mask of a group themselves. `groups`: their layers; `method`: of repair,
/// "none" leaves nothing to be told.
TrialTargets trial_targets(const FlatModel& flat,
                           const std::vector<std::vector<std::string>>& groups,
                           const std::string& method);

}  // namespace actsparse
