#include "page/sample.h"
#include "page/sections.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

std::vector<PageReport> two_reports() {
  ReportJson less = sample_run(1);
  less["layers"][0]["sparsity_effective"] = 0.75;
  less["evaluation"]["candidates"][0]["metrics"].erase("accuracy");
  return {{"a.json", sample_run(2)}, {"b.json", less}};
}

}  // namespace

TEST_CASE("figures and layers of several reports stand side by side", "[page]") {
  Charts charts;
  const std::string html = comparison_of(two_reports(), charts);
  CHECK(contains(html, "<th scope=\"col\" class=\"number\">b.json</th>"));
  CHECK(contains(html, "92.00 %"));
  CHECK(contains(html, "width:75.0%"));
  // The second has no block.1.conv.
  CHECK(contains(html,
                 "block.1.conv</th><td class=\"number bars\"><span class=\"bar\" "
                 "style=\"width:39.8%\"></span><span>39.8 %</span></td>"
                 "<td class=\"number bars\">-</td>"));
}

TEST_CASE("what is left is drawn against what is right, where two reports have both", "[page]") {
  ReportJson compacted = sample_run();
  compacted["compact"] = sample_compact();
  Charts charts;
  comparison_of({{"a.json", compacted}, {"b.json", sample_run()}}, charts);
  CHECK(charts.data().empty());
  comparison_of({{"a.json", compacted}, {"b.json", compacted}}, charts);
  REQUIRE(charts.data().size() == 1);
  CHECK(charts.data()[0]["series"][1]["name"] == "b.json");
  CHECK(charts.data()[0]["series"][1]["points"].dump() == "[[0.5,0.92]]");
}

TEST_CASE("a compared page has each report, under names of its own", "[page]") {
  const std::string body = body_of(page_of(two_reports()));
  for (const char* id : {"id=\"comparison\"", "id=\"report-1\"", "id=\"report-2-layers\""})
    CHECK(contains(body, id));
  CHECK(contains(body, "run: b.json"));
}

TEST_CASE("the page of a job has its parts, not compared", "[page]") {
  const std::string body =
      body_of(page_of_job({{"c.json", sample_search()}, {"c.json", sample_run()}}));
  CHECK(contains(body, "search: c.json"));
  CHECK(contains(body, "run: c.json"));
  CHECK_FALSE(contains(body, "Side by side"));
}
