#include "config/value.h"

#include "support/catch.h"
#include "support/error_of.h"

namespace actsparse {
namespace {

using nlohmann::json;

const JsonSource value_source = {"c.json", "/folder"};

template <class T>
T read_value(const Value<T>& value, const json& given) {
  return value.read(JsonNode(given, value_source, "a"));
}

template <class T>
std::string value_error(const Value<T>& value, const json& given) {
  return error_of([&] { read_value(value, given); }).what();
}

NumberRange share_range() {
  NumberRange range;
  range.above = 0;
  range.most = 1;
  range.allowed = "a share";
  return range;
}

}  // namespace

TEST_CASE("a value's schema and words tell the range that is read", "[config]") {
  CHECK(integer({1}).schema == Schema{{"type", "integer"}, {"minimum", 1}});
  CHECK(integer({1}).type == "integer >= 1");
  CHECK(integer({0, 9}).type == "integer from 0 to 9");
  CHECK(integer().type == "integer");
  const auto share = number(share_range());
  CHECK(share.schema == Schema{{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}});
  CHECK(share.type == "number > 0, <= 1");
  CHECK(read_value(share, 1) == 1.0);
  CHECK(value_error(share, 0) == "c.json: a: found the number 0, allowed a share");
  CHECK(contains(value_error(share, 1.5), "1.5"));
  CHECK(contains(value_error(share, "1"), "allowed a share"));
}

TEST_CASE("bounds that belong to a range are in it, others not", "[config]") {
  NumberRange range;
  range.least = 0;
  range.below = 0.5;
  const auto value = number(range);
  CHECK(value.type == "number >= 0, < 0.5");
  CHECK(value.schema["exclusiveMaximum"] == 0.5);
  CHECK(read_value(value, 0) == 0.0);
  CHECK_THROWS(read_value(value, 0.5));
  CHECK_THROWS(read_value(value, -0.1));
}

TEST_CASE("lists have at least one item, each checked where it stands", "[config]") {
  const auto list = list_of(integer({1}), "list", "some integers");
  CHECK(read_value(list, json::array({1, 2})) == std::vector<int64_t>{1, 2});
  CHECK(value_error(list, json::array()) == "c.json: a: found the list [], allowed some integers");
  CHECK(contains(value_error(list, json::array({1, 0})), "a.1: found the number 0"));
  CHECK(list.schema["minItems"] == 1);
  CHECK(list.schema["items"] == integer({1}).schema);
}

TEST_CASE("one item stands for a list of one", "[config]") {
  const auto list = one_or_list_of(text("glob", "a glob"), "glob or globs", "globs");
  CHECK(read_value(list, "x") == Names{"x"});
  CHECK(read_value(list, json::array({"x", "y"})) == Names{"x", "y"});
  CHECK(value_error(list, 3) == "c.json: a: found the number 3, allowed globs");
  CHECK(list.schema["anyOf"].size() == 2);
}

TEST_CASE("null is a value of its own", "[config]") {
  const auto value = or_null(boolean());
  CHECK(read_value(value, nullptr) == std::nullopt);
  CHECK(read_value(value, false) == false);
  CHECK(contains(value_error(value, 1), "allowed true or false"));
  CHECK(value.type == "true, false, null");
}

TEST_CASE("whole numbers are written without a fraction", "[config]") {
  CHECK(plain_number(1.0).dump() == "1");
  CHECK(plain_number(0.001).dump() == "0.001");
  CHECK(plain_number(-2.0).dump() == "-2");
}

}  // namespace actsparse
