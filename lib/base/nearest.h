#pragma once
// Names close to a misspelt one, for error messages.
#include <string>
#include <vector>

namespace actsparse {

/// Up to `most` of `candidates`, nearest first by edit distance (case ignored); only those near
/// enough to be meant.
std::vector<std::string> nearest(const std::string& name,
                                 const std::vector<std::string>& candidates, size_t most = 3);

/// "; did you mean 'a' or 'b'?", or "" if nothing is near.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates);

/// "a, b, c"; at most `most` of them, then "and N more".
std::string list_text(const std::vector<std::string>& items, size_t most = 20);

/// "'a', 'b', 'c'"; at most `most` names, then "and N more".
std::string quoted_list(const std::vector<std::string>& names, size_t most = 20);

}  // namespace actsparse
