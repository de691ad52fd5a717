#pragma once
#include <string>
#include <string_view>

namespace actsparse {

/// The bytes that hex digits stand for, as content security policies want a digest.
std::string base64_of_hex(std::string_view digits);

}  // namespace actsparse
