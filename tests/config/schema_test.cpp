#include <algorithm>
#include <regex>

#include "config/data_formats.h"
#include "config/sections.h"
#include "support/catch.h"
#include "support/files.h"

namespace actsparse {
namespace {

using nlohmann::json;

json schema() { return json::parse(read_file(source_dir() / "docs" / "config.schema.json")); }

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

Names keys_in(const json& object) {
  Names keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return sorted(keys);
}

// A draft-07 $ref hides what stands beside it.
const json& resolved(const json& value, const json& whole) {
  if (!value.contains("$ref")) return value;
  return whole.at(json::json_pointer(value["$ref"].get<std::string>().substr(1)));
}

size_t count_property_tables(const json& value) {
  size_t count = value.is_object() && value.contains("properties") ? 1 : 0;
  for (const auto& part : value) count += part.is_structured() ? count_property_tables(part) : 0;
  return count;
}

}  // namespace

TEST_CASE("the schema knows the keys the parser accepts, at every level", "[config]") {
  const json definitions = schema().at("definitions");
  for (const auto& [name, keys] : accepted_keys()) {
    CAPTURE(name);
    REQUIRE(definitions.contains(name));
    CHECK(keys_in(definitions[name].at("properties")) == sorted(keys));
  }
}

TEST_CASE("the schema has no objects the parser does not know", "[config]") {
  Names objects;
  const auto whole = schema();
  for (const auto& [name, definition] : whole["definitions"].items())
    if (definition.contains("properties")) objects.push_back(name);
  Names known;
  for (const auto& [name, keys] : accepted_keys()) known.push_back(name);
  CHECK(sorted(objects) == sorted(known));
  // Six more: the conditions of `member`, `order`, `dtype`, two of `ridge`, and the budget.
  CHECK(count_property_tables(whole) == known.size() + 6);
}

TEST_CASE("the schema rejects unknown keys wherever the parser does", "[config]") {
  const json definitions = schema().at("definitions");
  for (const auto& [name, keys] : accepted_keys()) {
    CAPTURE(name);
    const bool is_open = name == "function";
    CHECK(definitions.at(name).value("additionalProperties", true) == is_open);
  }
}

TEST_CASE("the schema requires the keys the parser requires", "[config]") {
  const json definitions = schema().at("definitions");
  const auto check = [&](const std::string& name, const auto& fields) {
    Names required;
    for (const auto& field : fields)
      if (!field.required.empty() && field.key != "layers")  // a preset may give them
        required.push_back(field.key);
    CAPTURE(name);
    CHECK(sorted(definitions.at(name).value("required", Names{})) == sorted(required));
  };
  check("config", config_fields());
  check("model", model_fields());
  check("data", data_fields());
  check("random", random_fields());
  check("settings", settings_fields());
  check("layer", layer_fields());
  check("run", run_fields());
  check("evaluate", evaluate_fields());
  check("labels", labels_fields());
  check("gate", gate_fields());
  check("output", output_fields());
}

TEST_CASE("the schema takes the dtypes that the parser takes", "[config]") {
  const json definitions = schema().at("definitions");
  CHECK(definitions["dtype"]["enum"].get<Names>() == dtypes());
  CHECK(definitions["random"]["properties"]["dtype"]["enum"].get<Names>() == dtypes());
}

TEST_CASE("the schema takes the data files that can be read", "[config]") {
  const json definitions = schema().at("definitions");
  const auto pattern = [&](const json& at) { return std::regex(at["pattern"].get<std::string>()); };
  const auto files = pattern(definitions["data_file"]);
  const auto with_members = pattern(definitions["member_of_npz"]["then"]["properties"]["path"]);
  for (const std::string extension : {".npy", ".npz", ".pt", ".csv", ".npzz"}) {
    CAPTURE(extension);
    const auto* format = find_data_format(extension);
    CHECK(std::regex_search("x" + extension, files) == (format != nullptr));
    CHECK(std::regex_search("x" + extension, with_members) ==
          (format != nullptr && format->has_members));
  }
  CHECK(contains(definitions["data_file"]["description"], data_extensions()));
}

TEST_CASE("every key of the schema has a description", "[config]") {
  const json whole = schema();
  for (const auto& [name, keys] : accepted_keys())
    for (const auto& key : keys) {
      CAPTURE(name, key);
      const auto& property = resolved(whole["definitions"][name]["properties"][key], whole);
      CHECK(property.value("description", "").size() > 3);
    }
}

TEST_CASE("the user reference names every key", "[config]") {
  const std::string text = read_file(source_dir() / "docs" / "config.md");
  for (const auto& [name, keys] : accepted_keys())
    for (const auto& key : keys) {
      CAPTURE(name, key);
      CHECK(contains(text, "`" + key + "`"));
    }
}

}  // namespace actsparse
