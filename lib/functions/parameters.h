#pragma once
// Parameters of named functions: read from JSON, checked against their rules. No torch here.
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "functions/functions.h"

namespace actsparse {

/// A parameter, and what reading it needs beyond what `actsparse functions` shows.
struct ParameterRule : Parameter {
  nlohmann::json example;                               ///< a good value, for messages
  std::function<bool(const nlohmann::json&)> in_range;  ///< asked once the type is right
};

ParameterRule required(const std::string& name, const std::string& type,
                       const nlohmann::json& example);
ParameterRule optional(const std::string& name, const std::string& type,
                       const nlohmann::json& default_value, const nlohmann::json& example);
/// `rule` with a range; `allowed` is the range in words.
ParameterRule ranged(ParameterRule rule, const std::string& allowed,
                     std::function<bool(const nlohmann::json&)> in_range);

/// "config.path.key"; "key" if the path is empty.
std::string join_path(const std::string& path, const std::string& key);

/// One value for every rule: from the sources (the later wins), else the default, else null. A null
/// counts as not given, so a sparse_config can drop a key of the defaults. `function` is
/// "mask_fn 'topk'". Throws Error(Config): unknown or missing parameter, wrong type, out of range.
nlohmann::json read_parameters(const std::string& function, const std::vector<ParameterRule>& rules,
                               const std::vector<ParameterSource>& sources);

}  // namespace actsparse
