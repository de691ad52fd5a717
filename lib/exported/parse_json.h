#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse::exported {

/// The JSON of an archive, which may hold Python's bare Infinity and NaN (they become strings of
/// that name, as newer PyTorch writes them). Throws std::runtime_error with one line: damaged, or
/// nested deeper than any program is.
nlohmann::json parse_json(const std::string& text);

}  // namespace actsparse::exported
