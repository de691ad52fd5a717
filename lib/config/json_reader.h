#pragma once
// Text to JSON, stricter than JSON itself: a key given twice is an error.
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse {

// Recursion over the value (in dump, say) must not meet a text made to overflow the stack.
constexpr size_t most_json_levels = 64;

/// Throws Error(Config): not JSON (with line and column), a duplicate key, a number too large for
/// JSON, nesting beyond 64 levels. `label` names the text.
nlohmann::json read_json(const std::string& text, const std::string& label);

}  // namespace actsparse
