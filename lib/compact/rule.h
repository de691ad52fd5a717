#pragma once
// What compact knows of an operator: its rule, and what it costs. To add one, write a file in
// rules/ with the rule, the cost and a function that gives its rows, name that function in
// rules/rows.h, and test it in tests/compact. A program that links the library adds a row by
// add_rule().
#include <optional>
#include <string>
#include <vector>

#include "compact/visit.h"

namespace actsparse {

/// Says of a node how the channels of its results belong to those of its inputs (Visit::give),
/// which channels are needed (Visit::need, Visit::keep), and what is to be changed at the node when
/// some are removed (Visit::edit). Throws NotUnderstood for a node that it cannot say this of.
using Rule = void (*)(Visit& visit);

/// For operators whose cost is known, but not what becomes of their channels: all they read is
/// kept.
constexpr Rule no_rule = nullptr;

/// Multiply-accumulates of one run of a node, from the sizes that `trace` has recorded.
using Cost = int64_t (*)(const torch::jit::Node& node, const Trace& trace);

/// The cost of operators that multiply nothing of note: at most once per element.
int64_t free_of_macs(const torch::jit::Node& node, const Trace& trace);

/// `weight` (input 1 of the node) such that the result is that of the input's channels times
/// `factors` [channels]. Throws NotUnderstood if the weight cannot take them.
using Fold = at::Tensor (*)(const Arguments& arguments, const at::Tensor& weight,
                            const at::Tensor& factors);

/// The operators of one kind. Neither rule nor cost can be left out.
struct OperatorRule {
  OperatorRule(std::vector<std::string> names, Rule channels, Cost macs,
               std::optional<int64_t> axis = std::nullopt, Fold folding = nullptr)
      : operators(std::move(names)),
        rule(channels),
        cost(macs),
        channel_axis(axis),
        fold(folding) {}

  std::vector<std::string> operators;  ///< "aten::relu"
  Rule rule;                           ///< null: no_rule
  Cost cost;
  /// Of its activation, which holds the channels by convention; -1: the last. Nothing if all axes
  /// are alike to it.
  std::optional<int64_t> channel_axis;
  Fold fold;                ///< null: a mask of input 0 stays a multiplication
  bool moves_axes = false;  ///< axis i of the result need not be axis i of the input
};

/// The axis in an activation of `rank` axes that an operator's `channel_axis` means. A convolution
/// also takes one sample without a batch, which has an axis less than its weight.
int64_t axis_among(int64_t channel_axis, int64_t rank, int64_t rank_of_weight);

/// The row of an operator; null if there is none. It stays where it is.
const OperatorRule* find_rule(c10::Symbol kind);

/// Adds a row for the whole process, in place of what its operators had. Call it before models are
/// compacted: it is not safe beside them.
void add_rule(const OperatorRule& row);

/// The axis that holds the channels of a value when nothing tells one channel from another: what
/// the operators say that read it, or what others make of it axis by axis. If none does, that of
/// [channels] and [samples, channels] is the last; nothing for values of more axes.
std::optional<int64_t> usual_axis(const torch::jit::Value& value, const Trace& trace);

namespace rules {

/// The rule of operators that look at no element of a tensor (dim, dtype): branches and loops keep
/// nothing because of them.
void reads_no_values(Visit& visit);

}  // namespace rules

}  // namespace actsparse
