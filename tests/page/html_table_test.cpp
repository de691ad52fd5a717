#include "page/html_table.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("a table without rows is none", "[page]") {
  CHECK(HtmlTable({{'n', "layer"}}).html().empty());
}

TEST_CASE("cells are of the kind of their column", "[page]") {
  HtmlTable table({{'n', "layer"}, {'t', "type"}, {'#', "calls"}});
  table.row().cell("<fc>").cell("Linear").cell("3");
  const std::string html = table.html();
  CHECK(contains(html, "<th scope=\"row\">&lt;fc&gt;</th>"));
  CHECK(contains(html, "<td>Linear</td>"));
  CHECK(contains(html, "<td class=\"number\">3</td>"));
  CHECK(contains(html, "<th scope=\"col\" class=\"number\">calls</th>"));
}

TEST_CASE("a bar is as wide as its share, and never wider than its cell", "[page]") {
  const auto bar = [](std::optional<double> share) {
    HtmlTable table({{'|', "sparsity"}});
    table.row().bar(share, "x");
    return table.html();
  };
  CHECK(contains(bar(0.3984), "style=\"width:39.8%\""));
  CHECK(contains(bar(0.001), "width:0.1%"));
  CHECK(contains(bar(7), "width:100.0%"));
  CHECK(contains(bar(-1), "width:0.0%"));
  CHECK_FALSE(contains(bar({}), "style"));
  CHECK_FALSE(contains(bar(NAN), "style"));
}

TEST_CASE("a marked row, and a shaded cell", "[page]") {
  HtmlTable table({{'#', "kl"}});
  table.row(true).shade(0.5, "0.1");
  CHECK(contains(table.html(), "<tr class=\"marked\">"));
  CHECK(contains(table.html(), "25.0%"));
}
