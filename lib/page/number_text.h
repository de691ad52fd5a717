#pragma once
// Numbers as people read them.
#include <optional>
#include <string>

namespace actsparse {

/// "29.7 %" of 0.297; "-" for nothing, as below.
std::string percent_text(std::optional<double> share, int digits = 1);
/// Four digits: "0.2734", "1.2e-05", "nan".
std::string plain_text(std::optional<double> value);
/// "6186", "84.2 k", "1.3 G".
std::string count_text(std::optional<double> count);
/// "46.3 kB"
std::string size_text(std::optional<double> bytes);
/// "0.36 ms", "12.3 s"
std::string seconds_text(std::optional<double> seconds);

/// A metric by its name: rates in percent.
std::string metric_value_text(const std::string& metric, std::optional<double> value);

}  // namespace actsparse
