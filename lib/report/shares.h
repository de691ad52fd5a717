#pragma once
// How much of the unmasked model is left.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace actsparse {

/// Shares of the unmasked model's: nothing where no small model can be made; `time`, of a call,
/// also where it is not asked for.
struct Shares {
  std::optional<double> macs, parameters, time;

  /// By its name in a budget; 1 if it is not known.
  double left(const std::string& what) const {
    const auto& share = what == "macs" ? macs : what == "time" ? time : parameters;
    return share.value_or(1);
  }
};

/// Fields of a document: `time` only where it is known.
void add_fields(const Shares& shares, nlohmann::ordered_json& document);

}  // namespace actsparse
