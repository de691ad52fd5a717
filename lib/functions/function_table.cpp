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
#include "functions/registry.h"
#include "functions/tensors.h"
#include "functions/user_functions.h"

namespace actsparse {
namespace {

using UserFunctions = std::vector<std::shared_ptr<const UserFunction>>;

const std::vector<std::string> streaming_names = {"var", "std", "histogram"};

bool among(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

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

Error streaming_not_available(const std::string& path, const std::string& asked) {
  return Error(ErrorKind::Config,
               fmt::format("{}: found {}, a streaming statistic, which is not available in this "
                           "version; allowed are aggregates without dim and except_dim, e.g. "
                           "\"mean\" or \"rms\", with a reduce_fn over dimensions, e.g. "
                           "{{\"name\": \"mean\", \"dim\": [0]}}",
                           path, asked));
}

void refuse_streaming(const FunctionConfig& function) {
  if (among(function.name, streaming_names))
    throw streaming_not_available(function.path.empty() ? "aggregate_fn" : function.path,
                                  "'" + function.name + "'");
  if (find_row(builtin_aggregates(), function.name) == nullptr) return;
  for (const char* key : {"dim", "except_dim"})
    if (function.parameters.contains(key) && !function.parameters.at(key).is_null())
      throw streaming_not_available(join_path(function.path, key),
                                    "'" + std::string(key) + "' of an aggregate_fn");
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

void check_name_is_free(const UserFunction& added, const UserFunctions& users) {
  const auto refused = [&](const std::string& owner) {
    return Error(ErrorKind::Function, fmt::format("{}: the name '{}' is taken by {}; rename it",
                                                  added.label, added.name, owner));
  };
  if (!builtin_kinds(added.name).empty()) throw refused("a built-in function");
  if (among(added.name, streaming_names)) throw refused("a built-in function to come");
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
  refuse_streaming(function);
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

FunctionSource read_function_source(const FunctionFile& file) {
  std::ifstream stream(file.path, std::ios::binary);
  const bool readable = stream && !std::filesystem::is_directory(file.path);
  if (!readable)
    throw Error(ErrorKind::Function,
                file.written_path + ": the functions file cannot be read; check its name");
  return {file.written_path, {std::istreambuf_iterator<char>(stream), {}}};
}

}  // namespace actsparse
