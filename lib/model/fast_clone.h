#pragma once
// A clone that observes like insert_observers' but costs less than the model's own forward.
#include <string>
#include <vector>

#include "model/insert_observers.h"

namespace actsparse {

/// The observed clone in eval mode, frozen, batch norms folded into convolutions, convolutions and
/// linear layers packed for oneDNN, and cut to what the observers need: it returns an empty list.
/// The observers see what the exact clone's see up to rounding, in other memory layouts. `model` is
/// left untouched. Throws Error(Model) that says why if the model cannot be frozen or optimized,
/// and insert_observers' errors.
ObservedModel fast_clone(const Session& session, const std::vector<ObserverSite>& sites);

}  // namespace actsparse
