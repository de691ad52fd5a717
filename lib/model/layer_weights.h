#pragma once
#include <optional>
#include <vector>

#include "model/layer_uses.h"
#include "model/session.h"
#include "record/site.h"
#include "record/weights.h"

namespace actsparse {

/// Of the layer or functional use at `site`: its tensor attribute `weight`, that of a recurrent
/// layer's input
/// (`weight_ih_l0` and `weight_ih_l0_reverse`, or a cell's `weight_ih`), or that of the operator
/// inside it (layer_window.h). Nothing if it has none of these.
std::optional<LayerWeight> layer_weight(const LayerUses& uses, const Site& site);

/// Of each of `sites` that has one.
Weights layer_weights(const Session& session, const std::vector<Site>& sites);

}  // namespace actsparse
