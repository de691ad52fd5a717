#pragma once
// A table as HTML. It scrolls inside a box of its own where it is wider than the page.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actsparse {

class HtmlTable {
 public:
  /// How a column stands, and its heading: 't' text, 'n' name (of the row), '#' number, '|' bar.
  struct Column {
    char kind;
    std::string heading;
  };
  explicit HtmlTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// A new row; `is_marked` makes it stand out.
  HtmlTable& row(bool is_marked = false);
  /// The next cell, of the kind of its column.
  HtmlTable& cell(std::string_view text);
  /// A number with a bar behind it that is `share` of the cell wide.
  HtmlTable& bar(std::optional<double> share, std::string_view text);
  /// A number on a ground that is the darker the nearer `share` is to 1.
  HtmlTable& shade(std::optional<double> share, std::string_view text);

  /// Nothing if there are no rows.
  std::string html() const;

 private:
  std::string heading() const;
  void add(std::string_view content, std::string_view attributes);

  std::vector<Column> columns_;
  std::string rows_;
  bool is_open_ = false;
  size_t column_ = 0;
};

}  // namespace actsparse
