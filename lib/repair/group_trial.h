#pragma once
// One group's part of a model: from its first mask to the output, with places for other masks and
// parameters.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "repair/partial_graph.h"
#include "repair/targets.h"
#include "repair/unmasked_graph.h"

namespace actsparse {

/// Appends what GroupTrial takes in the place of one parameter.
void add_values(const ParameterPlace& place, const at::Tensor& tensor,
                std::vector<c10::IValue>& values);

class GroupTrial {
 public:
  /// Of the layers of `flat` only `layers` are masked; `targets` are operators of it.
  /// `from_start`: nothing of the graph may be left out, so that it begins with the model's inputs.
  GroupTrial(const FlatModel& flat, const std::vector<std::string>& layers,
             const std::vector<Target>& targets, bool from_start);

  /// What it begins with, as values of the flat model's graph.
  Values alive() const;

  /// The model's output: given the values of alive(), the layers' masks, and for each call of each
  /// target its weight and its bias as add_values() puts them (None: no bias).
  c10::IValue run(std::vector<c10::IValue> alive, const std::map<std::string, at::Tensor>& masks,
                  const std::vector<c10::IValue>& parameters) const;

 private:
  UnmaskedGraph own_;
  std::vector<std::string> masked_;  // whose masks masks_ are
  Values masks_, alive_, parameters_;
  std::optional<PartialGraph> part_;
};

}  // namespace actsparse
