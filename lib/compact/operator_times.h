#pragma once
// What running a model takes on this machine, operator by operator: what is left of a smaller one
// can be told without running it as a whole, and without the noise of that.
#include <map>
#include <string>
#include <vector>

#include "model/session.h"

namespace actsparse {

/// Each operator on each sizes is measured once, with as many threads as LibTorch has then: the
/// median of several runs. nn-Meter (Zhang et al. 2021) and NetAdapt (Yang et al. 2018, arXiv
/// 1804.03230) predict models from such tables.
class OperatorTimes {
 public:
  /// Seconds of a call of the frozen model (model/freeze.h): the sum over its operators that give
  /// tensors. Runs it once, node by node. Throws Error(Data) if it does not take the arguments.
  double seconds(const Session& session, const std::vector<c10::IValue>& arguments);

  /// What was measured so far, by operator and sizes.
  std::map<std::string, double> known;
};

}  // namespace actsparse
