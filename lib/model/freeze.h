#pragma once
// A model as people run it where speed counts.
#include "model/session.h"

namespace actsparse {

/// The session's model, in eval mode, frozen and optimized as torch.jit.freeze does; a copy of it
/// as it is where that is not possible. The model is left untouched.
torch::jit::Module frozen(const Session& session);

}  // namespace actsparse
