#include "page/html_table.h"

#include <algorithm>
#include <cmath>

#include "page/html.h"

namespace actsparse {
namespace {

// Whole tenths of a percent: no more can be seen.
std::string percent_of_cell(double share) {
  const double tenths = std::round(1000 * std::clamp(share, 0.0, 1.0));
  std::string text = std::to_string(static_cast<int>(tenths));
  text.insert(0, text.size() < 2 ? "0" : "");
  return text.insert(text.size() - 1, ".") + "%";
}

std::string class_of(char kind) {
  switch (kind) {
    case '#':
      return "class=\"number\"";
    case '|':
      return "class=\"number bars\"";
    default:
      return "";
  }
}

bool is_finite(std::optional<double> share) { return share && std::isfinite(*share); }

}  // namespace

HtmlTable& HtmlTable::row(bool is_marked) {
  if (is_open_) rows_ += "</tr>\n";
  rows_ += is_marked ? "<tr class=\"marked\">" : "<tr>";
  is_open_ = true;
  column_ = 0;
  return *this;
}

void HtmlTable::add(std::string_view content, std::string_view attributes) {
  const char kind = column_ < columns_.size() ? columns_[column_].kind : 't';
  ++column_;
  std::string all = class_of(kind);
  if (!all.empty() && !attributes.empty()) all += ' ';
  all += attributes;
  rows_ += kind == 'n' ? element("th", content, "scope=\"row\"") : element("td", content, all);
}

HtmlTable& HtmlTable::cell(std::string_view text) {
  add(escaped(text), "");
  return *this;
}

HtmlTable& HtmlTable::bar(std::optional<double> share, std::string_view text) {
  if (!is_finite(share)) return cell(text);
  const std::string width = "style=\"width:" + percent_of_cell(*share) + "\"";
  add(element("span", "", "class=\"bar\" " + width) + element("span", escaped(text)), "");
  return *this;
}

HtmlTable& HtmlTable::shade(std::optional<double> share, std::string_view text) {
  if (!is_finite(share)) return cell(text);
  // At most half: dark text stays readable on it.
  add(escaped(text),
      "style=\"background:rgba(192,80,30," + percent_of_cell(std::min(*share, 1.0) / 2) + ")\"");
  return *this;
}

std::string HtmlTable::heading() const {
  std::string cells;
  for (const auto& [kind, text] : columns_)
    cells +=
        element("th", escaped(text),
                kind == '#' || kind == '|' ? "scope=\"col\" class=\"number\"" : "scope=\"col\"");
  return element("thead", element("tr", cells));
}

std::string HtmlTable::html() const {
  if (rows_.empty()) return "";
  const std::string body = element("tbody", "\n" + rows_ + (is_open_ ? "</tr>\n" : ""));
  return element("div", element("table", heading() + "\n" + body),
                 "class=\"scroll\" tabindex=\"0\"") +
         "\n";
}

}  // namespace actsparse
