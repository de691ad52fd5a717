#pragma once
// How parts of a report are shown to people: tables and lines, which printers lay out.
#include <ostream>
#include <string>
#include <vector>

namespace actsparse {

/// Cells in rows; with more than one row the first is the heading. Rows may be shorter than it.
struct Table {
  std::vector<std::vector<std::string>> rows;
  std::vector<size_t> right = {};  ///< columns, by index, that are aligned to the right
};

/// A table of one cell.
inline Table line(const std::string& text) { return {{{text}}}; }

/// Tables and lines, in their order.
using Rows = std::vector<Table>;

/// In columns as wide as their widest cell, two spaces apart.
void print_text(const Rows& rows, std::ostream& out);

/// The rows of a report, or of a section.
template <class Report>
void print_text(const Report& report, std::ostream& out) {
  print_text(rows(report), out);
}

}  // namespace actsparse
