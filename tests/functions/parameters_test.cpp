#include "functions/parameters.h"

#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

const std::vector<ParameterRule> rules = {
    ranged(required("level", "float", 0.5), "0 <= level <= 1",
           [](const json& v) { return v.get<double>() >= 0 && v.get<double>() <= 1; }),
    optional("count", "int", 3, 1),
    optional("flag", "bool", nullptr, true),
    optional("mode", "string", "a", "b"),
    optional("dims", "list of int", nullptr, json::array({0})),
    optional("weights", "list of float", nullptr, json::array({0.5}))};

json read(const json& values) { return read_parameters("mask_fn 'f'", rules, {{values, "a.b"}}); }

std::string message(const json& values) {
  const Error error = error_of([&] { read(values); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

}  // namespace

TEST_CASE("every rule gets a value: given, default or null", "[functions]") {
  const json values = read({{"level", 1}, {"dims", {-1, 2}}, {"weights", {1, 0.5}}});
  CHECK(values == json{{"level", 1},
                       {"count", 3},
                       {"flag", nullptr},
                       {"mode", "a"},
                       {"dims", {-1, 2}},
                       {"weights", {1, 0.5}}});
}

TEST_CASE("the later source wins, and null goes back to the default", "[functions]") {
  const json first = {{"level", 0.1}, {"count", 7}, {"mode", "x"}};
  const json second = {{"level", 0.2}, {"count", nullptr}, {"of_another_function", nullptr}};
  const json values = read_parameters("mask_fn 'f'", rules, {{first, "a"}, {second, "b"}});
  CHECK(values["level"] == 0.2);
  CHECK(values["count"] == 3);
  CHECK(values["mode"] == "x");
}

TEST_CASE("a wrong type is told with path, value and an example", "[functions]") {
  CHECK(message({{"level", "0.5"}}) == "a.b.level: found \"0.5\", allowed float, e.g. 0.5");
  CHECK(message({{"level", true}}) == "a.b.level: found true, allowed float, e.g. 0.5");
  CHECK(message({{"level", 0}, {"count", 1.0}}) == "a.b.count: found 1.0, allowed int, e.g. 1");
  CHECK(message({{"level", 0}, {"count", 18446744073709551615U}}) ==
        "a.b.count: found 18446744073709551615, allowed int, e.g. 1");
  CHECK(message({{"level", 0}, {"flag", 1}}) == "a.b.flag: found 1, allowed bool, e.g. true");
  CHECK(message({{"level", 0}, {"mode", 1}}) == "a.b.mode: found 1, allowed string, e.g. \"b\"");
  CHECK(message({{"level", 0}, {"dims", 0}}) == "a.b.dims: found 0, allowed list of int, e.g. [0]");
  CHECK(message({{"level", 0}, {"dims", {0, 0.5}}}) ==
        "a.b.dims: found [0,0.5], allowed list of int, e.g. [0]");
  CHECK(message({{"level", 0}, {"weights", {"x"}}}) ==
        "a.b.weights: found [\"x\"], allowed list of float, e.g. [0.5]");
}

TEST_CASE("a long value is cut in messages", "[functions]") {
  const auto text = message({{"level", std::string(500, 'x')}});
  CHECK(text.size() < 120);
  CHECK(contains(text, "xxx..."));
}

TEST_CASE("a value out of range is told with the range", "[functions]") {
  CHECK(message({{"level", 1.5}}) == "a.b.level: found 1.5, allowed 0 <= level <= 1");
  CHECK(message({{"level", -1}}) == "a.b.level: found -1, allowed 0 <= level <= 1");
}

TEST_CASE("an unknown parameter is told with the allowed and the nearest names", "[functions]") {
  CHECK(message({{"levl", 1.5}}) ==
        "a.b.levl: found an unknown parameter of mask_fn 'f', allowed 'level', 'count', 'flag', "
        "'mode', 'dims', 'weights'; did you mean 'level'?");
  const json given = {{"dim", 1}};
  const Error error = error_of([&] { read_parameters("reduce_fn 'g'", {}, {{given, ""}}); });
  CHECK(error.what() == std::string("dim: found an unknown parameter of reduce_fn 'g', allowed "
                                    "none (it takes no parameters)"));
}

TEST_CASE("a missing parameter is told with an example", "[functions]") {
  const std::string told =
      "a.b: mask_fn 'f' needs the parameter 'level' (float, 0 <= level <= 1), e.g. {\"level\":0.5}";
  CHECK(message(json::object()) == told);
  CHECK(message({{"level", nullptr}}) == told);
}
