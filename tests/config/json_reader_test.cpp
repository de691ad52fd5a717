#include "config/json_reader.h"

#include "support/catch.h"
#include "support/error_of.h"

namespace actsparse {
namespace {

std::string rejected(const std::string& text) {
  const Error error = error_of([&] { read_json(text, "c.json"); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

std::string nested(size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

}  // namespace

TEST_CASE("JSON is read as it stands", "[config]") {
  const auto value = read_json(R"({"a": [1, -2.5, {"b": null}], "c": {"a": "x", "b": {}}})", "");
  CHECK(value["a"][1] == -2.5);
  CHECK(value["a"][2]["b"].is_null());
  CHECK(value["c"]["a"] == "x");
  CHECK(read_json("3", "") == 3);
}

TEST_CASE("a syntax error has line and column", "[config]") {
  CHECK(
      contains(rejected("{\n  \"a\": 1,\n  }"), "c.json: line 3, column 3: found invalid JSON: "));
  CHECK(contains(rejected("nul"), "line 1, column "));
  CHECK(contains(rejected("}"), "line 1, column 1: "));
  CHECK(contains(rejected("\n\n}"), "line 3, column 1: "));
  CHECK(contains(rejected("{\n\n"), "line 3, column 1: "));
  CHECK(contains(rejected(""), "line 1, column 1: found invalid JSON: unexpected end of input"));
}

TEST_CASE("comments are read over, and lines still counted", "[config]") {
  CHECK(read_json("// what for\n{\"a\": 1 /* one */}", "") == json({{"a", 1}}));
  CHECK(contains(rejected("// what for\n\n}"), "line 3, column 1: "));
}

TEST_CASE("YAML is known when it is met", "[config]") {
  for (const char* text : {"version: 1\nmodel:\n  path: m.pt\n", "---\nversion: 1\n",
                           "# a config\n\n\"version\": 1\n", "model:\n  path: x\n"})
    CHECK(contains(rejected(text), "c.json: line 1: found YAML, allowed JSON; 'yq"));
  for (const char* text : {"{version: 1}", "version", "[1, 2", "a:b"})
    CHECK(contains(rejected(text), "invalid JSON"));
}

TEST_CASE("extensions of JSON are syntax errors", "[config]") {
  for (const char* text : {"[1,]", "NaN", "[Infinity]", "{'a': 1}", "{} {}"}) {
    CAPTURE(text);
    CHECK(contains(rejected(text), "found invalid JSON: "));
  }
}

TEST_CASE("text that is not UTF-8 is a syntax error on one line", "[config]") {
  const std::string message = rejected("{\"a\": \"\xff\n\"}");
  CHECK(contains(message, "line 1, column 8: found invalid JSON: "));
  CHECK_FALSE(contains(message, "\n"));
}

TEST_CASE("a key given twice is an error at its path", "[config]") {
  CHECK(rejected(R"({"a": 1, "a": 1})") ==
        "c.json: a: found the key twice in one object, allowed it once");
  CHECK(contains(rejected(R"({"l": [[], {}, 3, {"x": {"y": 1, "z": 2, "y": []}}]})"),
                 "c.json: l.3.x.y: found the key twice"));
  CHECK(contains(rejected(R"([{"a": {}, "\u0061": 1}])"), "0.a: found the key twice"));
  CHECK(read_json(R"([{"a": 1}, {"a": {"a": 1}}])", "").size() == 2);
}

TEST_CASE("a number too large for JSON is an error at its path", "[config]") {
  CHECK(contains(rejected(R"({"a": [0, 1e999]})"), "c.json: a.1: found a number too large"));
}

TEST_CASE("nesting is limited", "[config]") {
  CHECK(read_json(nested(64), "").is_array());
  CHECK(contains(rejected(nested(65)), "found a value nested too deeply, allowed at most 64"));
  CHECK(contains(rejected(std::string(1000000, '[')), "nested too deeply"));
}

}  // namespace actsparse
