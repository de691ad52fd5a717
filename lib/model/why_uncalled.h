#pragma once
// Why a layer is never called: read off the graphs, without running them.
#include <string>
#include <vector>

#include "model/session.h"

namespace actsparse {

struct Uncalled {
  std::string reason;
  bool is_final;  ///< no batch can change it: no call anywhere, or only in the other mode
};

/// One reason for each of `layers` (FQNs that were never called when `method` of `model` ran), to
/// stand behind the layer's name: "called only under 'if self.training' (googlenet.py:172)", "its
/// parameters are read by layer 'attn' without a call", "only its method 'encode' is called", "no
/// path leads to it from forward". Throws Error(Model) for a name that does not exist.
std::vector<Uncalled> why_uncalled(const Session& session, const std::vector<std::string>& layers);

}  // namespace actsparse
