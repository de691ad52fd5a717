#include "page/base64.h"

#include "base/digest.h"
#include "page/embedded.h"
#include "support/catch.h"

using namespace actsparse;

TEST_CASE("hex digits as base64", "[page]") {
  CHECK(base64_of_hex("").empty());
  CHECK(base64_of_hex("4d616e") == "TWFu");
  CHECK(base64_of_hex("4d61") == "TWE=");
  CHECK(base64_of_hex("4d") == "TQ==");
  CHECK(base64_of_hex("fbff") == "+/8=");
}

TEST_CASE("embedded digests are those of the embedded texts", "[page]") {
  CHECK(digest_of(std::string(page_js)) == page_js_sha256);
  CHECK(digest_of(std::string(chart_js)) == chart_js_sha256);
}
