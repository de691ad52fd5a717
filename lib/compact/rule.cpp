#include "compact/rule.h"

#include <memory>
#include <set>
#include <unordered_map>

#include "compact/rules/rows.h"

namespace actsparse {
namespace {

using Table = std::unordered_map<c10::Symbol, std::shared_ptr<const OperatorRule>>;

void add(Table& table, const OperatorRule& row) {
  const auto shared = std::make_shared<const OperatorRule>(row);
  for (const auto& name : row.operators) table[c10::Symbol::fromQualString(name)] = shared;
}

Table make_table() {
  Table table;
  for (const auto rows_of_file : rules::all_rows)
    for (const auto& row : rows_of_file()) add(table, row);
  return table;
}

Table& the_table() {
  static Table table = make_table();
  return table;
}

using torch::jit::Use;
using torch::jit::Value;

int64_t rank_of(const Value& value, const Trace& trace) {
  return static_cast<int64_t>(trace.sizes(&value).size());
}

// 0 of an operator that has none.
int64_t rank_of_weight(const torch::jit::Node& node, const Trace& trace) {
  const auto* const schema = node.maybeSchema();
  if (schema == nullptr) return 0;
  const auto place = schema->argumentIndexWithName("weight");
  return place ? rank_of(*node.inputs().at(*place), trace) : 0;
}

// The weight of an operator without a row may tell: one of three and more axes is a convolution's,
// one of two a linear layer's.
std::optional<int64_t> axis_of_weight(const Use& use, const Trace& trace) {
  const int64_t rank = rank_of_weight(*use.user, trace);
  if (rank < 2) return std::nullopt;
  return rank == 2 ? -1 : 1;
}

// addmm has its bias first.
size_t activation_of(const torch::jit::Node& node) { return node.kind() == c10::aten::addmm; }

// As the reader says it: from the last axis if negative.
std::optional<int64_t> axis_of_reader(const Use& use, const Trace& trace) {
  if (use.offset != activation_of(*use.user)) return std::nullopt;
  const OperatorRule* const row = find_rule(use.user->kind());
  return row != nullptr ? row->channel_axis : axis_of_weight(use, trace);
}

// Whether the axes of its result are those of its input: of operators that move axes none are.
bool keeps_axes(const Value& input, const torch::jit::Node& node, const Trace& trace) {
  const OperatorRule* const row = find_rule(node.kind());
  return node.outputs().size() == 1 && node.blocks().empty() &&
         rank_of(*node.output(), trace) == rank_of(input, trace) &&
         (row == nullptr || !row->moves_axes);
}

std::optional<int64_t> axis_of(const Value& value, const Trace& trace,
                               std::set<const Value*>& seen) {
  const int64_t rank = rank_of(value, trace);
  if (rank == 0 || !seen.insert(&value).second) return std::nullopt;
  for (const Use& use : value.uses())
    if (const auto said = axis_of_reader(use, trace)) {
      const int64_t axis = axis_among(*said, rank, rank_of_weight(*use.user, trace));
      if (axis >= 0 && axis < rank) return axis;
    }
  for (const Use& use : value.uses())
    if (keeps_axes(value, *use.user, trace))
      if (const auto axis = axis_of(*use.user->output(), trace, seen)) return axis;
  return std::nullopt;
}

}  // namespace

int64_t free_of_macs(const torch::jit::Node& /*node*/, const Trace& /*trace*/) { return 0; }

int64_t axis_among(int64_t channel_axis, int64_t rank, int64_t rank_of_weight) {
  if (channel_axis < 0) return channel_axis + rank;
  const bool has_no_batch = rank_of_weight == rank + 1;
  return channel_axis == 1 && has_no_batch ? 0 : channel_axis;
}

const OperatorRule* find_rule(c10::Symbol kind) {
  const auto& table = the_table();
  const auto found = table.find(kind);
  return found == table.end() ? nullptr : found->second.get();
}

void add_rule(const OperatorRule& row) { add(the_table(), row); }

std::optional<int64_t> usual_axis(const torch::jit::Value& value, const Trace& trace) {
  std::set<const torch::jit::Value*> seen;
  const auto axis = axis_of(value, trace, seen);
  const int64_t rank = rank_of(value, trace);
  return axis || rank == 0 || rank > 2 ? axis : rank - 1;
}

}  // namespace actsparse
