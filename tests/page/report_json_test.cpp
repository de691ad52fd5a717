#include "page/report_json.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("what is missing in a report is null, empty or nothing", "[page]") {
  const ReportJson report = {{"a", {{"b", 2.5}}}, {"list", {"x", 1}}, {"text", "t"}};
  CHECK(number(report, {"a", "b"}) == 2.5);
  CHECK(number(report, {"a", "c"}) == std::nullopt);
  CHECK(part(report, {"text", "b"}).is_null());
  CHECK(part(report, {"list", "b"}).is_null());
  CHECK(list(report, {"a"}).empty());
  CHECK(text(report, {"text"}) == "t");
  CHECK(text(report, {"a"}).empty());
  CHECK(texts(report, {"list"}) == std::vector<std::string>{"x"});
}

TEST_CASE("numbers that JSON does not have are words", "[page]") {
  CHECK(std::isnan(*number(ReportJson("nan"))));
  CHECK(number(ReportJson("inf")) == INFINITY);
  CHECK(number(ReportJson("-inf")) == -INFINITY);
  CHECK(number(ReportJson("many")) == std::nullopt);
  CHECK(number(ReportJson(true)) == std::nullopt);
}
