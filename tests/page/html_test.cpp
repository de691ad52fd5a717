#include "page/html.h"

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

TEST_CASE("a text cannot leave its element or its attribute", "[page]") {
  CHECK(escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(escaped("<script>alert(1)</script>") == "&lt;script&gt;alert(1)&lt;/script&gt;");
  CHECK(escaped("Gewicht \xC3\xA4 \xE2\x86\x92 \xF0\x9F\x98\x80\n") ==
        "Gewicht \xC3\xA4 \xE2\x86\x92 \xF0\x9F\x98\x80\n");
}

TEST_CASE("control characters and bytes that are no UTF-8 become U+FFFD", "[page]") {
  const std::string replaced = "\xEF\xBF\xBD";
  CHECK(escaped(std::string("a\0b", 3)) == "a" + replaced + "b");
  CHECK(escaped("\x1b[31m") == replaced + "[31m");
  CHECK(escaped("\x7f\xC2\x85") == replaced + replaced);
  CHECK(escaped("\xff") == replaced);
  CHECK(escaped("\xE2\x86") == replaced + replaced);                 // cut off
  CHECK(escaped("\xC0\xBC") == replaced + replaced);                 // "<", longer than need be
  CHECK(escaped("\xED\xA0\x80") == replaced + replaced + replaced);  // half of a pair
}

TEST_CASE("JSON cannot leave its script element", "[page]") {
  const ReportJson hostile = {{"</script><!--", "]]>&\xE2\x80\xA8"}};
  const std::string json = script_json(hostile);
  for (const char* sign : {"<", ">", "&", "\xE2\x80\xA8"}) CHECK_FALSE(contains(json, sign));
  CHECK(ReportJson::parse(json) == hostile);
  CHECK_NOTHROW(script_json({{"name", "\xff"}}));
}

TEST_CASE("what is filled into a pattern is not looked at again", "[page]") {
  CHECK(filled("<{{a}}|{{b}}>", {{"a", "{{b}}"}, {"b", "x"}}) == "<{{b}}|x>");
  CHECK(error_of([] { filled("{{c}}", {{"a", ""}}); }).kind() == ErrorKind::Internal);
}

TEST_CASE("a section without content is left out", "[page]") {
  CHECK(section("facts", "Facts", "").empty());
  CHECK(section("facts", "A & B", "<p></p>") ==
        "<section id=\"facts\">\n<h2>A &amp; B</h2>\n<p></p></section>\n");
}
