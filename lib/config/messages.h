#pragma once
// The wording of all errors about the config: "<label>: <path>: found <what>, allowed <what>".
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace actsparse {

/// Type and value of `value`, cut short: `the number 3`, `the string "abc"`, `null`.
std::string describe(const nlohmann::json& value);

/// `key` below `path`, in the notation of --set; control characters escaped, long keys cut.
std::string child_path(const std::string& path, const std::string& key);
std::string child_path(const std::string& path, size_t index);

/// Throws Error(Config). An empty `label` is left out, an empty `path` is the top level; `hint` is
/// put at the end.
[[noreturn]] void reject(const std::string& label, const std::string& path,
                         const std::string& found, const std::string& allowed,
                         const std::string& hint = "");

/// Where a key should stand, and what is allowed there.
using MissingKeys = std::vector<std::pair<std::string, std::string>>;

/// Throws Error(Config) that tells of all keys that are needed and not there: at least one.
[[noreturn]] void reject_missing(const std::string& label, const MissingKeys& missing);

}  // namespace actsparse
