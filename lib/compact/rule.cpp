#include "compact/rule.h"

#include <memory>
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

}  // namespace

int64_t free_of_macs(const torch::jit::Node& /*node*/, const Trace& /*trace*/) { return 0; }

const OperatorRule* find_rule(c10::Symbol kind) {
  const auto& table = the_table();
  const auto found = table.find(kind);
  return found == table.end() ? nullptr : found->second.get();
}

void add_rule(const OperatorRule& row) { add(the_table(), row); }

int64_t usual_axis(const torch::jit::Value& value, int64_t rank) {
  for (const auto& use : value.uses()) {
    const auto* const reader = find_rule(use.user->kind());
    if (reader != nullptr && use.offset == 0 && reader->channel_axis >= 0)
      return reader->channel_axis;
  }
  return rank - 1;
}

}  // namespace actsparse
