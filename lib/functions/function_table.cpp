#include <c10/core/GradMode.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "functions/functions.h"
#include "functions/gram_aggregate.h"
#include "functions/registry.h"
#include "functions/streaming_aggregate.h"
#include "functions/tensors.h"
#include "functions/user_functions.h"

namespace actsparse {
namespace {

using UserFunctions = std::vector<std::shared_ptr<const UserFunction>>;

const UserFunction* find_user(const UserFunctions& users, const std::string& name) {
  const auto found = std::find_if(users.begin(), users.end(),
                                  [&](const auto& user) { return user->name == name; });
  return found == users.end() ? nullptr : found->get();
}

// What of a user function serves the kind, if anything.
template <class Row>
const Row* row_serving(const UserFunction& user) {
  if constexpr (std::is_same_v<Row, AggregateRow>)
    return user.aggregate ? &*user.aggregate : nullptr;
  else
    return user.reduce_or_mask ? &*user.reduce_or_mask : nullptr;
}

std::string builtin_kinds(const std::string& name) {
  std::string kinds;
  const auto add = [&](bool is, FunctionKind kind) {
    if (is) kinds += std::string(kinds.empty() ? "" : " and ") + to_string(kind);
  };
  add(find_row(aggregate_rows(), name) != nullptr, FunctionKind::Aggregate);
  add(find_row(reduce_rows(), name) != nullptr, FunctionKind::Reduce);
  add(find_row(mask_rows(), name) != nullptr, FunctionKind::Mask);
  return kinds;
}

template <class Row>
Error unknown_function(const FunctionConfig& function, FunctionKind kind,
                       const std::vector<Row>& rows, const UserFunctions& users) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.name);
  for (const auto& user : users)
    if (row_serving<Row>(*user) != nullptr) names.push_back(user->name);
  const auto other = builtin_kinds(function.name);
  return Error(ErrorKind::Config,
               fmt::format("{}: found '{}'{}, allowed {}{}",
                           function.path.empty() ? to_string(kind) : function.path, function.name,
                           other.empty() ? "" : " (a built-in " + other + ")", quoted_list(names),
                           did_you_mean(function.name, names)));
}

Error wrong_signature(const UserFunction& user, FunctionKind kind) {
  return Error(
      ErrorKind::Function,
      fmt::format("{}: '{}' cannot serve as {}: found the signature {}, needed {}", user.label,
                  user.name, to_string(kind), user.signature, wanted_signature(kind)));
}

template <class Row>
const Row& row_for(const FunctionConfig& function, FunctionKind kind, const std::vector<Row>& rows,
                   const UserFunctions& users) {
  if (const auto* row = find_row(rows, function.name)) return *row;
  const auto* user = find_user(users, function.name);
  if (user == nullptr) throw unknown_function(function, kind, rows, users);
  if (const auto* row = row_serving<Row>(*user)) return *row;
  throw wrong_signature(*user, kind);
}

// Reads the parameters and makes the function.
template <class Row>
auto made(const Row& row, FunctionKind kind, const std::vector<ParameterSource>& sources) {
  const auto label = fmt::format("{} '{}'", to_string(kind), row.name);
  const auto values = read_parameters(label, row.parameters, sources);
  try {
    return row.make(values);
  } catch (const Error& error) {
    const auto& path = sources.back().path;
    throw path.empty() ? error : error.in(path);
  }
}

// Errors name the function; no graph is recorded.
ReduceFn wrapped(const std::string& name, ReduceFn function) {
  return [name, function = std::move(function)](const Evidence& evidence) {
    const c10::NoGradGuard no_graph;
    return guarded(name, [&] { return function(evidence); });
  };
}

template <class Row>
FunctionInfo info_of(const Row& row, const std::vector<FunctionKind>& kinds,
                     const std::string& source) {
  return {row.name, kinds, row.description, {row.parameters.begin(), row.parameters.end()}, source};
}

FunctionInfo info_of(const UserFunction& user) {
  if (user.aggregate) return info_of(*user.aggregate, {FunctionKind::Aggregate}, user.label);
  if (user.reduce_or_mask)
    return info_of(*user.reduce_or_mask, {FunctionKind::Reduce, FunctionKind::Mask}, user.label);
  return {user.name, {}, user.signature, {}, user.label};
}

void check_name_is_free(const UserFunction& added, const UserFunctions& users) {
  const auto refused = [&](const std::string& owner) {
    return Error(ErrorKind::Function, fmt::format("{}: the name '{}' is taken by {}; rename it",
                                                  added.label, added.name, owner));
  };
  if (!builtin_kinds(added.name).empty()) throw refused("a built-in function");
  if (const auto* user = find_user(users, added.name)) throw refused(user->label);
}

}  // namespace

const char* to_string(FunctionKind kind) {
  if (kind == FunctionKind::Aggregate) return "aggregate_fn";
  if (kind == FunctionKind::Metric) return "metric";
  return kind == FunctionKind::Reduce ? "reduce_fn" : "mask_fn";
}

FunctionTable::FunctionTable() = default;

FunctionTable::FunctionTable(const std::vector<FunctionSource>& sources) {
  for (const auto& source : sources) add_source(source);
}

void FunctionTable::add_source(const FunctionSource& source) {
  UserFunctions added;
  for (auto& user : compile_functions(source)) {
    check_name_is_free(user, user_functions_);
    added.push_back(std::make_shared<const UserFunction>(std::move(user)));
  }
  user_functions_.insert(user_functions_.end(), added.begin(), added.end());
  sources_.push_back(source);
}

AggregateFn FunctionTable::aggregate(const FunctionConfig& function) const {
  const auto kind = FunctionKind::Aggregate;
  return made(row_for(function, kind, aggregate_rows(), user_functions_), kind,
              {{function.parameters, function.path}});
}

ReduceFn FunctionTable::reduce(const FunctionConfig& function) const {
  const auto kind = FunctionKind::Reduce;
  const auto& row = row_for(function, kind, reduce_rows(), user_functions_);
  return wrapped(row.name, made(row, kind, {{function.parameters, function.path}}));
}

MaskFn FunctionTable::mask(const FunctionConfig& function, const nlohmann::json& sparse_config,
                           const std::string& path) const {
  return mask(function, {{sparse_config, path}});
}

MaskFn FunctionTable::mask(const FunctionConfig& function,
                           const std::vector<ParameterSource>& sparse_config) const {
  const auto kind = FunctionKind::Mask;
  const auto& row = row_for(function, kind, mask_rows(), user_functions_);
  std::vector<ParameterSource> sources = {{function.parameters, function.path}};
  for (const auto& part : sparse_config) sources.push_back(part);
  return wrapped(row.name, made(row, kind, sources));
}

std::optional<MetricFn> FunctionTable::metric(const FunctionConfig& function) const {
  const auto* user = find_user(user_functions_, function.name);
  if (user == nullptr) return std::nullopt;
  if (!user->metric) throw wrong_signature(*user, FunctionKind::Metric);
  return made(*user->metric, FunctionKind::Metric, {{function.parameters, function.path}});
}

std::vector<std::string> FunctionTable::metric_names() const {
  std::vector<std::string> names;
  for (const auto& user : user_functions_)
    if (user->metric) names.push_back(user->name);
  return names;
}

bool FunctionTable::takes_labels(const FunctionConfig& metric) const {
  const auto* user = find_user(user_functions_, metric.name);
  return user != nullptr && user->metric && user->metric->facts.takes_labels;
}

bool FunctionTable::takes_any_batch_size(const FunctionConfig& aggregate) const {
  if (find_row(aggregate_rows(), aggregate.name) == nullptr) return false;
  if (patches_of(aggregate) == true) return true;
  nlohmann::json dims = {{"dim", nullptr}, {"except_dim", nullptr}};
  for (auto& [key, value] : dims.items())
    if (aggregate.parameters.contains(key)) value = aggregate.parameters.at(key);
  return has_dims(dims) && reduces_samples(read_dims(dims));
}

Needs FunctionTable::needs_of(const MergedSettings& settings) const {
  Needs needs;
  const auto add = [&](const auto& rows, const auto& function) {
    if (!function) return;
    const auto* user = find_user(user_functions_, function->name);
    if (const auto* row = find_row(rows, function->name))
      add_needs(needs, row->facts.needs);
    else if (user != nullptr && user->reduce_or_mask)
      add_needs(needs, user->reduce_or_mask->facts.needs);
  };
  add(reduce_rows(), settings.reduce_fn);
  add(mask_rows(), settings.mask_fn);
  return needs;
}

std::vector<FunctionInfo> FunctionTable::list() const {
  std::vector<FunctionInfo> infos;
  for (const auto& row : aggregate_rows())
    infos.push_back(info_of(row, {FunctionKind::Aggregate}, "built-in"));
  for (const auto& row : reduce_rows())
    infos.push_back(info_of(row, {FunctionKind::Reduce}, "built-in"));
  for (const auto& row : mask_rows())
    infos.push_back(info_of(row, {FunctionKind::Mask}, "built-in"));
  for (const auto& user : user_functions_) infos.push_back(info_of(*user));
  return infos;
}

FunctionSource read_function_source(const FunctionFile& file) {
  std::ifstream stream(file.path, std::ios::binary);
  const bool readable = stream && !std::filesystem::is_directory(file.path);
  if (!readable)
    throw Error(ErrorKind::Function,
                file.written_path + ": the functions file cannot be read; check its name");
  return {file.written_path, {std::istreambuf_iterator<char>(stream), {}}};
}

}  // namespace actsparse
