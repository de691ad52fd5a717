#include "data/constants.h"

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

TEST_CASE("a JSON constant becomes the IValue of its type", "[data]") {
  CHECK(constant(nullptr).isNone());
  CHECK(constant(true).toBool());
  CHECK(constant(16000).toInt() == 16000);
  CHECK(constant(-1).toInt() == -1);
  CHECK(constant(0.5).toDouble() == 0.5);
  CHECK(constant("mean").toStringRef() == "mean");
  CHECK(constant({1, 2}).toIntVector() == std::vector<int64_t>{1, 2});
  CHECK(constant({1, 2.5}).toDoubleVector() == std::vector<double>{1, 2.5});
  CHECK(constant({true, false}).isBoolList());
  CHECK(constant(json::array()).isIntList());
}

TEST_CASE("a JSON constant no argument can be is refused", "[data]") {
  const json value = GENERATE(json{{"a", 1}}, json::parse("[[1]]"), json::parse("[1, \"a\"]"),
                              json::parse("[1, true]"), json(18446744073709551615u));
  const Error error = error_of([&] { constant(value); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), value.dump()));
}
