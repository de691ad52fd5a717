#include "page/number_text.h"

#include <cmath>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("numbers as people read them", "[page]") {
  CHECK(percent_text(0.296875) == "29.7 %");
  CHECK(plain_text(0.27341477) == "0.2734");
  CHECK(plain_text(1.2e-5) == "1.2e-05");
  CHECK(plain_text(INFINITY) == "inf");
  CHECK(count_text(6186) == "6186");
  CHECK(count_text(84224) == "84.2 k");
  CHECK(count_text(1.3e9) == "1.3 G");
  CHECK(size_text(46294) == "46.3 kB");
  CHECK(size_text(1e30) == "-");
  CHECK(seconds_text(0.00036) == "0.36 ms");
  CHECK(seconds_text(12.34) == "12.3 s");
}

TEST_CASE("what is not there is a dash", "[page]") {
  CHECK(percent_text({}) == "-");
  CHECK(count_text({}) == "-");
  CHECK(metric_value_text("kl", {}) == "-");
}

TEST_CASE("rates are in percent", "[page]") {
  CHECK(metric_value_text("accuracy", 0.99444) == "99.44 %");
  CHECK(metric_value_text("kl", 0.99444) == "0.9944");
  CHECK(metric_value_text("mine", 0.5) == "0.5");
}
