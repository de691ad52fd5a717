#pragma once
#include <ostream>
#include <string>
#include <vector>

namespace actsparse {

/// Prints rows in columns as wide as their widest cell, two spaces apart; the first row is the
/// heading. Columns named in `right` (by index) are right-aligned. Rows may be shorter than the
/// heading.
void print_table(const std::vector<std::vector<std::string>>& rows,
                 const std::vector<size_t>& right, std::ostream& out);

}  // namespace actsparse
