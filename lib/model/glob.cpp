#include "model/glob.h"

#include <vector>

namespace actsparse {

// One row of the table "pattern[0..i) matches name[0..j)" at a time: no backtracking, so no pattern
// is slow.
bool glob_matches(const std::string& pattern, const std::string& name) {
  std::vector<char> matches(name.size() + 1, 0);
  matches[0] = 1;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool star = pattern[i] == '*';
    const bool crosses_dots = star && i + 1 < pattern.size() && pattern[i + 1] == '*';
    if (crosses_dots) ++i;
    std::vector<char> next(name.size() + 1, 0);
    next[0] = static_cast<char>(star && matches[0] != 0);
    for (size_t j = 0; j < name.size(); ++j) {
      const bool dot = name[j] == '.';
      if (star)
        next[j + 1] =
            static_cast<char>(matches[j + 1] != 0 || (next[j] != 0 && (crosses_dots || !dot)));
      else
        next[j + 1] = static_cast<char>(matches[j] != 0 &&
                                        (pattern[i] == name[j] || (pattern[i] == '?' && !dot)));
    }
    matches = std::move(next);
  }
  return matches[name.size()] != 0;
}

}  // namespace actsparse
