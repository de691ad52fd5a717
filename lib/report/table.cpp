#include "report/table.h"

#include <algorithm>

namespace actsparse {
namespace {

// In characters, not bytes: names and units may be UTF-8.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
  }));
}

std::vector<size_t> column_widths(const Table& table) {
  std::vector<size_t> widths;
  for (const auto& row : table.rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  return widths;
}

void print(const Table& table, std::ostream& out) {
  const auto widths = column_widths(table);
  for (const auto& row : table.rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      const bool to_right =
          std::find(table.right.begin(), table.right.end(), i) != table.right.end();
      line += (i > 0 ? "  " : "") + (to_right ? padding + row[i] : row[i] + padding);
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

}  // namespace

void print_text(const Rows& rows, std::ostream& out) {
  for (const auto& table : rows) print(table, out);
}

}  // namespace actsparse
