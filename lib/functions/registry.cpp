// What the rows say of functions, and rows from outside.
#include "functions/registry.h"

#include "base/error.h"
#include "functions/user_functions.h"
#include "record/statistics.h"

namespace actsparse {
namespace {

// What the data depends on: the function that keeps it, and its parameters but those of value().
nlohmann::json kept_by(const FunctionConfig& function) {
  const auto* row = find_row(aggregate_rows(), function.name);
  const AggregateFacts facts = row == nullptr ? user_aggregate_facts() : row->facts;
  auto kept = nlohmann::json::object();
  for (const auto& [key, value] : function.parameters.items())
    if (!value.is_null()) kept[key] = value;
  for (const auto& key : facts.only_in_value) kept.erase(key);
  for (const auto& key : facts.told_by_layer)
    if (kept.contains(key) && kept[key].is_object()) kept[key] = true;
  kept["name"] = facts.keeps_data_of.empty() ? function.name : facts.keeps_data_of;
  return kept;
}

const ScoreFacts* facts_of(const std::vector<ScoreRow>& rows,
                           const std::optional<FunctionConfig>& function) {
  const auto* row = function ? find_row(rows, function->name) : nullptr;
  return row == nullptr ? nullptr : &row->facts;
}

void check_needs(const ScoreRow& row) {
  for (const auto& one : row.facts.needs.statistics)
    if (one.name == kAggregate)
      throw Error(ErrorKind::Usage, "function '" + row.name + "' calls a statistic '" + one.name +
                                        "', as aggregate_fn's is called; give it another name");
}

template <class Row>
void add(std::vector<Row>& rows, Row row) {
  if (find_row(rows, row.name) != nullptr)
    throw Error(ErrorKind::Usage, "there is a function '" + row.name + "' already");
  rows.push_back(std::move(row));
}

template <class Row>
void remove(std::vector<Row>& rows, const std::string& name) {
  rows.erase(
      std::remove_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; }),
      rows.end());
}

std::vector<ScoreRow>& score_rows(FunctionKind kind) {
  if (kind == FunctionKind::Mask) return mask_rows();
  if (kind == FunctionKind::Reduce) return reduce_rows();
  throw Error(ErrorKind::Usage, "a score is a reduce_fn or a mask_fn");
}

}  // namespace

RegisterFunction::RegisterFunction(AggregateRow row)
    : kind_(FunctionKind::Aggregate), name_(row.name) {
  add(aggregate_rows(), std::move(row));
}

RegisterFunction::RegisterFunction(FunctionKind kind, ScoreRow row) : kind_(kind), name_(row.name) {
  check_needs(row);
  add(score_rows(kind), std::move(row));
}

RegisterFunction::~RegisterFunction() {
  if (kind_ == FunctionKind::Aggregate)
    remove(aggregate_rows(), name_);
  else
    remove(score_rows(kind_), name_);
}

bool keep_the_same(const FunctionConfig& a, const FunctionConfig& b) {
  return kept_by(a) == kept_by(b);
}

// reduce_fn and mask_fn may need the same statistic; two of one name would be confused.
void add_needs(Needs& needs, const Needs& more) {
  needs.weight = needs.weight || more.weight;
  needs.by_input = needs.by_input || more.by_input;
  for (const auto& one : more.statistics) {
    const auto known = std::find_if(needs.statistics.begin(), needs.statistics.end(),
                                    [&](const auto& other) { return other.name == one.name; });
    if (known == needs.statistics.end())
      needs.statistics.push_back(one);
    else if (!keep_the_same(known->function, one.function))
      throw Error(ErrorKind::Config, "reduce_fn and mask_fn both need a statistic '" + one.name +
                                         "', but not the same; one of them must call it otherwise");
  }
}

bool ranks(const FunctionConfig& mask) {
  const auto* facts = facts_of(mask_rows(), mask);
  return facts == nullptr || facts->ranks;
}

Scale scale_of(const std::optional<FunctionConfig>& reduce) {
  const auto* facts = facts_of(reduce_rows(), reduce);
  return facts == nullptr ? Scale::Mean : facts->scale;
}

nlohmann::json mask_parameters(const MergedSettings& settings) {
  nlohmann::json parameters = settings.mask_fn->parameters;
  parameters.update(settings.sparse_config);
  return parameters;
}

std::optional<double> requested_sparsity(const MergedSettings& settings) {
  const auto* facts = facts_of(mask_rows(), settings.mask_fn);
  if (facts == nullptr || !facts->sparsity) return std::nullopt;
  return facts->sparsity(mask_parameters(settings));
}

void check_aggregate(const MergedSettings& settings) {
  if (!settings.aggregate_fn) return;
  const std::string& found = settings.aggregate_fn->name;
  for (const auto& [rows, function] : {std::pair(&reduce_rows(), &settings.reduce_fn),
                                       std::pair(&mask_rows(), &settings.mask_fn)}) {
    const auto* facts = facts_of(*rows, *function);
    if (facts == nullptr || facts->of_aggregate.empty() || facts->of_aggregate == found) continue;
    throw Error(ErrorKind::Config, "'" + (*function)->name + "' is made of aggregate_fn '" +
                                       facts->of_aggregate + "', found '" + found + "'");
  }
}

}  // namespace actsparse
