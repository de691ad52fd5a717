#include "config/fields.h"

#include "support/catch.h"
#include "support/error_of.h"

namespace actsparse {
namespace {

using nlohmann::json;

struct Inner {
  int64_t size = 3;
};

struct Sample {
  double rate = 0.5;
  std::string name;
  std::string mode = "fast";
  std::optional<int64_t> limit;
  std::optional<Inner> inner;
  std::optional<std::optional<int64_t>> setting;
  Inner plain;
};

const Object<Inner>& inner_object() {
  static const Object<Inner> object = {
      "inner", "an inner one", {field("size", &Inner::size, integer({1}), "its size")}};
  return object;
}

const Object<Sample>& sample_object() {
  static const Object<Sample> object = {
      "sample", "a sample",
      joined({field("rate", &Sample::rate, positive_number(), "how fast"),
              field("name", &Sample::name, text("name", "a name"), "its name", needed("a name")),
              field("mode", &Sample::mode, one_of({"fast", "slow"}), "its mode"),
              field("limit", &Sample::limit, or_null(integer()), "at most"),
              field("inner", &Sample::inner, object_of(inner_object()), "inside"),
              field("setting", &Sample::setting, or_null(integer()), "set")},
             lifted(&Sample::plain, inner_object().fields))};
  return object;
}

Sample read_sample(const json& given, MissingKeys* missing = nullptr) {
  JsonSource source = {"c.json", "/folder"};
  source.missing = missing;
  Sample sample;
  read_object(JsonNode(given, source), sample_object(), sample);
  return sample;
}

Schema default_named(const std::string& key) {
  for (const auto& field : sample_object().fields)
    if (field.key == key) return field.default_value.value_or("none");
  return "no such key";
}

}  // namespace

TEST_CASE("a table reads its keys into the members that it names", "[config]") {
  const Sample sample = read_sample({{"name", "x"}, {"rate", 2}, {"limit", 4}, {"size", 9}});
  CHECK(sample.name == "x");
  CHECK(sample.rate == 2);
  CHECK(sample.limit == 4);
  CHECK(sample.plain.size == 9);
  CHECK(sample.mode == "fast");
  CHECK_FALSE(sample.inner);
}

TEST_CASE("null and absent are told apart where a member can hold both", "[config]") {
  CHECK_FALSE(read_sample({{"name", "x"}}).setting.has_value());
  const Sample null = read_sample({{"name", "x"}, {"setting", nullptr}, {"limit", nullptr}});
  REQUIRE(null.setting.has_value());
  CHECK_FALSE(null.setting->has_value());
  CHECK_FALSE(null.limit.has_value());
  CHECK(read_sample({{"name", "x"}, {"setting", 7}}).setting == std::optional<int64_t>(7));
}

TEST_CASE("an object inside is read by its own table", "[config]") {
  CHECK(read_sample({{"name", "x"}, {"inner", {{"size", 5}}}}).inner->size == 5);
  const Error error = error_of([] { read_sample({{"name", "x"}, {"inner", {{"siz", 5}}}}); });
  CHECK(std::string(error.what()) ==
        "c.json: inner.siz: found an unknown key, allowed 'size'; did you mean 'size'?");
}

TEST_CASE("a needed key that is absent is told, at once or with the others", "[config]") {
  CHECK(contains(error_of([] { read_sample(json::object()); }).what(), "name: found nothing"));
  MissingKeys missing;
  read_sample(json::object(), &missing);
  CHECK(missing == MissingKeys{{"name", "a name"}});
}

TEST_CASE("defaults are those of the struct", "[config]") {
  CHECK(default_named("rate") == 0.5);
  CHECK(default_named("mode") == "fast");
  CHECK(default_named("limit") == nullptr);
  CHECK(default_named("size") == 3);
  for (const char* without : {"name", "inner", "setting"}) CHECK(default_named(without) == "none");
}

}  // namespace actsparse
