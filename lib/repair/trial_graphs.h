#pragma once
// The graphs that trials run: what groups stand in, and the model that they are judged by.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/session.h"
#include "repair/targets.h"
#include "repair/unmasked_graph.h"

namespace actsparse {

struct TrialGraphs {
  /// `masked` has a mask in each layer, and the unmasked model's parameters. `whole`: a model that
  /// groups are changed in, with masks in the same layers; nothing: the unmasked model. Throws
  /// Error(Model) if one of them cannot be made one graph.
  TrialGraphs(const Session& masked, const std::optional<Session>& whole);

  /// What stands in `around` where a layer's operator reads its mask: what it would read without.
  torch::jit::Value* read_unmasked(const MaskedOperator& call) const;

  bool in_whole;
  FlatModel plain;         ///< the model with masks that nobody reads in `unmasked`
  UnmaskedGraph unmasked;  ///< of plain
  FlatModel flat;          ///< what trials are made of; plain, if there is no whole
  UnmaskedGraph around;    ///< of flat, with its masks; unmasked, if there is no whole
};

/// The layers that have masks.
std::set<std::string> all_masked(const FlatModel& flat);

/// What a flat graph is run with: its module, and the arguments as its method takes them.
std::vector<c10::IValue> graph_inputs(const FlatModel& flat,
                                      const std::vector<c10::IValue>& arguments);

/// A weight that trials solve for: where it stands in TrialGraphs::flat, and in plain.
struct TrialTarget {
  Target own, plain;
};

}  // namespace actsparse
