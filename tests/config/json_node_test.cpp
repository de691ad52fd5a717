#include "config/json_node.h"

#include "support/catch.h"
#include "support/error_of.h"

namespace actsparse {
namespace {

using nlohmann::json;

const JsonSource source = {"c.json", "/folder"};

template <class Read>
std::string node_error(const json& value, Read read) {
  const Error error = error_of([&] { read(JsonNode(value, source, "a.b")); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

}  // namespace

TEST_CASE("integers are checked against their range", "[config]") {
  const auto read = [](const json& value, const IntegerRange& range) {
    return JsonNode(value, source).integer(range);
  };
  CHECK(read(-5, {}) == -5);
  CHECK(read(3, {3, 3}) == 3);
  CHECK(read(INT64_MIN, {}) == INT64_MIN);
  CHECK(read(INT64_MAX, {}) == INT64_MAX);
  const auto in_range = [](const JsonNode& node) { node.integer({1, 9}); };
  CHECK(node_error(0, in_range) ==
        "c.json: a.b: found the number 0, allowed an integer from 1 to 9");
  CHECK(contains(node_error(10, in_range), "found the number 10"));
  CHECK(contains(node_error(true, in_range), "found the boolean true"));
  CHECK(contains(node_error(2.0, in_range), "found the number 2.0"));
  const auto any = [](const JsonNode& node) { node.integer(); };
  CHECK(contains(node_error(UINT64_MAX, any), "18446744073709551615, allowed an integer"));
}

TEST_CASE("seeds are unsigned 64 bit integers", "[config]") {
  CHECK(JsonNode(UINT64_MAX, source).seed() == UINT64_MAX);
  CHECK(JsonNode(0, source).seed() == 0);
  const auto seed = [](const JsonNode& node) { node.seed(); };
  CHECK(contains(node_error(-1, seed), "allowed an integer from 0 to 2^64-1"));
  CHECK(contains(node_error(1.0, seed), "found the number 1.0"));
}

TEST_CASE("texts are not empty and have no NUL", "[config]") {
  CHECK(JsonNode("x", source).text() == "x");
  const auto text = [](const JsonNode& node) { node.text(); };
  CHECK(
      contains(node_error("", text), "found the string \"\", allowed a string that is not empty"));
  CHECK(contains(node_error(std::string("a\0b", 3), text), "found the string \"a\\u0000b\""));
  CHECK(contains(node_error(nullptr, text), "found null"));
}

TEST_CASE("paths are resolved against the source's folder", "[config]") {
  CHECK(JsonNode("x/../y.pt", source).file() == "/folder/y.pt");
  CHECK(JsonNode("../y.pt", source).file() == "/y.pt");
  CHECK(JsonNode("/elsewhere/y.pt", source).file() == "/elsewhere/y.pt");
}

TEST_CASE("one of some names, with the nearest", "[config]") {
  CHECK(JsonNode("eval", source).one_of({"eval", "train"}) == "eval");
  CHECK(node_error("Eval",
                   [](const JsonNode& node) {
                     node.one_of({"eval", "train"});
                   }) ==
        "c.json: a.b: found the string \"Eval\", allowed 'eval', 'train'; did you mean 'eval'?");
}

TEST_CASE("items and members know their path", "[config]") {
  const json value = {{"list", {1, "x"}}};
  const auto list = JsonNode(value, source).find("list");
  REQUIRE(list.has_value());
  CHECK(list->list("a list").at(1).path() == "list.1");
  CHECK_FALSE(JsonNode(value, source).find("other").has_value());
  CHECK(contains(node_error(json::array(), [](const JsonNode& n) { n.filled_list("items"); }),
                 "a.b: found the list [], allowed items"));
}

TEST_CASE("unknown keys are found", "[config]") {
  const auto expect = [](const JsonNode& node) { node.expect_keys({"path", "mode"}); };
  expect(JsonNode(json{{"mode", 1}}, source));
  CHECK(node_error(json{{"mod", 1}}, expect) ==
        "c.json: a.b.mod: found an unknown key, allowed 'path', 'mode'; did you mean 'mode'?");
  CHECK(contains(node_error(json::array(), expect), "found the list [], allowed an object"));
}

}  // namespace actsparse
