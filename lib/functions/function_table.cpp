#include <c10/core/GradMode.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "functions/functions.h"
#include "functions/registry.h"
#include "functions/streaming_aggregate.h"
#include "functions/tensors.h"
#include "functions/user_functions.h"

namespace actsparse {
namespace {

using UserFunctions = std::vector<std::shared_ptr<const UserFunction>>;

template <class Fn>
const Row<Fn>* find_row(const std::vector<Row<Fn>>& rows, const std::string& name) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

const UserFunction* find_user(const UserFunctions& users, const std::string& name) {
  const auto found = std::find_if(users.begin(), users.end(),
                                  [&](const auto& user) { return user->name == name; });
  return found == users.end() ? nullptr : found->get();
}

// What of a user function serves the kind, if anything.
template <class Fn>
const Row<Fn>* row_of(const UserFunction& user) {
  if constexpr (std::is_same_v<Fn, AggregateFn>)
    return user.aggregate ? &*user.aggregate : nullptr;
  else
    return user.reduce_or_mask ? &*user.reduce_or_mask : nullptr;
}

std::string builtin_kinds(const std::string& name) {
  std::string kinds;
  const auto add = [&](bool is, FunctionKind kind) {
    if (is) kinds += std::string(kinds.empty() ? "" : " and ") + to_string(kind);
  };
  add(find_row(builtin_aggregates(), name) != nullptr, FunctionKind::Aggregate);
  add(find_row(builtin_reduces(), name) != nullptr, FunctionKind::Reduce);
  add(find_row(builtin_masks(), name) != nullptr, FunctionKind::Mask);
  return kinds;
}

template <class Fn>
Error unknown_function(const FunctionConfig& function, FunctionKind kind,
                       const std::vector<Row<Fn>>& rows, const UserFunctions& users) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.name);
  for (const auto& user : users)
    if (row_of<Fn>(*user) != nullptr) names.push_back(user->name);
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

template <class Fn>
const Row<Fn>& row_for(const FunctionConfig& function, FunctionKind kind,
                       const std::vector<Row<Fn>>& rows, const UserFunctions& users) {
  if (const auto* row = find_row(rows, function.name)) return *row;
  const auto* user = find_user(users, function.name);
  if (user == nullptr) throw unknown_function(function, kind, rows, users);
  if (const auto* row = row_of<Fn>(*user)) return *row;
  throw wrong_signature(*user, kind);
}

// Reads the parameters and makes the function.
template <class Fn>
Fn made(const Row<Fn>& row, FunctionKind kind, const std::vector<ParameterSource>& sources) {
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
  return [name, function = std::move(function)](const at::Tensor& x) {
    const c10::NoGradGuard no_graph;
    return guarded(name, [&] { return function(x); });
  };
}

template <class Fn>
FunctionInfo info_of(const Row<Fn>& row, const std::vector<FunctionKind>& kinds,
                     const std::string& source) {
  return {row.name, kinds, row.description, {row.parameters.begin(), row.parameters.end()}, source};
}

FunctionInfo info_of(const UserFunction& user) {
  if (user.aggregate) return info_of(*user.aggregate, {FunctionKind::Aggregate}, user.label);
  if (user.reduce_or_mask)
    return info_of(*user.reduce_or_mask, {FunctionKind::Reduce, FunctionKind::Mask}, user.label);
  return {user.name, {}, user.signature, {}, user.label};
}

// What the data depends on: the function that keeps it, and its parameters but those of value().
nlohmann::json kept_by(const FunctionConfig& function) {
  static const std::map<std::string, std::string> keepers = {
      {"mean", "sum"}, {"abs_mean", "abs_sum"}, {"rms", "sq_sum"}, {"std", "var"}};
  auto kept = nlohmann::json::object();
  for (const auto& [key, value] : function.parameters.items())
    if (!value.is_null()) kept[key] = value;
  const auto keeper = keepers.find(function.name);
  kept["name"] = keeper == keepers.end() ? function.name : keeper->second;
  if (kept["name"] == "var") kept.erase("correction");
  for (const char* key : {"associative", "merge_fn"}) kept.erase(key);
  if (kept["name"] == "histogram")
    for (const char* key : {"q", "threshold"}) kept.erase(key);
  return kept;
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
  return kind == FunctionKind::Reduce ? "reduce_fn" : "mask_fn";
}

FunctionTable::FunctionTable() = default;

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
  return made(row_for(function, kind, builtin_aggregates(), user_functions_), kind,
              {{function.parameters, function.path}});
}

ReduceFn FunctionTable::reduce(const FunctionConfig& function) const {
  const auto kind = FunctionKind::Reduce;
  const auto& row = row_for(function, kind, builtin_reduces(), user_functions_);
  return wrapped(row.name, made(row, kind, {{function.parameters, function.path}}));
}

MaskFn FunctionTable::mask(const FunctionConfig& function, const nlohmann::json& sparse_config,
                           const std::string& path) const {
  return mask(function, {{sparse_config, path}});
}

MaskFn FunctionTable::mask(const FunctionConfig& function,
                           const std::vector<ParameterSource>& sparse_config) const {
  const auto kind = FunctionKind::Mask;
  const auto& row = row_for(function, kind, builtin_masks(), user_functions_);
  std::vector<ParameterSource> sources = {{function.parameters, function.path}};
  for (const auto& part : sparse_config) sources.push_back(part);
  return wrapped(row.name, made(row, kind, sources));
}

bool FunctionTable::takes_any_batch_size(const FunctionConfig& aggregate) const {
  if (find_row(builtin_aggregates(), aggregate.name) == nullptr) return false;
  nlohmann::json dims = {{"dim", nullptr}, {"except_dim", nullptr}};
  for (auto& [key, value] : dims.items())
    if (aggregate.parameters.contains(key)) value = aggregate.parameters.at(key);
  return has_dims(dims) && reduces_samples(read_dims(dims));
}

std::vector<FunctionInfo> FunctionTable::list() const {
  std::vector<FunctionInfo> infos;
  for (const auto& row : builtin_aggregates())
    infos.push_back(info_of(row, {FunctionKind::Aggregate}, "built-in"));
  for (const auto& row : builtin_reduces())
    infos.push_back(info_of(row, {FunctionKind::Reduce}, "built-in"));
  for (const auto& row : builtin_masks())
    infos.push_back(info_of(row, {FunctionKind::Mask}, "built-in"));
  for (const auto& user : user_functions_) infos.push_back(info_of(*user));
  return infos;
}

bool keep_the_same(const FunctionConfig& a, const FunctionConfig& b) {
  return kept_by(a) == kept_by(b);
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
