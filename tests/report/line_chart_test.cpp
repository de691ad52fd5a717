#include "report/line_chart.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a chart shows each point of each curve where it belongs", "[report]") {
  const LineChart chart = {"t", "x", "y", false, {{"a", {{0, 0}, {1, 2}}}, {"b", {{0.5, 1}}}}};
  const std::string svg = svg_of(chart);
  CHECK(count(svg, "<circle") == 3);
  CHECK(contains(svg, "cx=\"70.0\" cy=\"400.0\""));   // the lower left corner
  CHECK(contains(svg, "cx=\"590.0\" cy=\"40.0\""));   // the upper right one
  CHECK(contains(svg, "cx=\"330.0\" cy=\"220.0\""));  // the middle
  CHECK(svg == svg_of(chart));
}

TEST_CASE("a logarithmic chart leaves out what has no logarithm, any what is not finite",
          "[report]") {
  const double nan = std::nan("");
  const LineChart chart = {"t", "x", "y", true, {{"a", {{0, 0}, {0, 0.01}, {1, 1}, {2, nan}}}}};
  const std::string svg = svg_of(chart);
  CHECK(count(svg, "<circle") == 2);
  CHECK(contains(svg, "cy=\"400.0\""));
  CHECK(contains(svg, ">0.01<"));
  CHECK_FALSE(contains(svg, "nan"));
}

TEST_CASE("names cannot break out of the picture", "[report]") {
  const std::string svg =
      svg_of({"<script>alert(1)</script>", "&", "\"", false, {{"a\x01<b>", {{1, 1}}}}});
  CHECK_FALSE(contains(svg, "<script"));
  CHECK(contains(svg, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  CHECK(contains(svg, "a&lt;b&gt;"));
}

TEST_CASE("a chart without a point is a picture all the same", "[report]") {
  CHECK(contains(svg_of({"t", "x", "y", true, {{"a", {}}}}), "</svg>"));
  CHECK(contains(svg_of({}), "</svg>"));
}

TEST_CASE("on a logarithmic axis tiny values are drawn as a millionth of the highest", "[report]") {
  LineChart tiny{"t", "x", "y", true, {{"a", {{0, 1e-14}, {1, 100}}}}};
  LineChart small = tiny;
  small.curves[0].points[0].second = 1e-4;
  CHECK(svg_of(tiny) == svg_of(small));
}
