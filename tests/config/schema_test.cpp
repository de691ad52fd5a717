#include "config/schema.h"

#include <algorithm>
#include <regex>

#include "config/config.h"
#include "config/data_formats.h"
#include "config/sections.h"
#include "support/catch.h"

namespace actsparse {
namespace {

// All keys that have a default, with it, at every level that an object reaches.
nlohmann::json defaults_of(const std::string& name) {
  nlohmann::json object = nlohmann::json::object();
  const Schema schema = config_schema();
  for (const auto& [key, property] : schema["definitions"][name]["properties"].items())
    if (property.contains("default")) object[key] = property["default"];
  return object;
}

nlohmann::json config_of_defaults() {
  nlohmann::json config = defaults_of("config");
  for (const char* section : {"model", "run", "output"}) config[section] = defaults_of(section);
  config["model"]["path"] = "m.pt";
  config["data"] = defaults_of("data");
  config["data"]["inputs"] = {{{"random", defaults_of("random")}}};
  config["data"]["inputs"][0]["random"]["shape"] = {4, 3};
  config["data"]["inputs"][0]["random"]["dtype"] = "int64";  // low and high are of integers only
  config["repair"] = defaults_of("repair");
  config["repair"]["method"] = "mean";
  config["repair"]["tune"] = defaults_of("tune");
  config["repair"]["tune"]["augment"] = defaults_of("augment");
  config["search"] = defaults_of("search");
  config["defaults"]["align"] = defaults_of("align");
  config["defaults"]["align"]["name"] = "group";
  config["output"]["compact"] = defaults_of("compact");
  config["output"]["compact"]["path"] = "small.pt";
  config["preset"] = "channels";
  return config;
}

}  // namespace

TEST_CASE("defaults that the schema tells are what an absent key means", "[config]") {
  const auto given = parse_config(config_of_defaults().dump(), "/folder", "c.json");
  CHECK(given.data.batch_size == DataConfig().batch_size);
  CHECK(given.data.limit == DataConfig().limit);
  CHECK(given.run.tolerance == RunConfig().tolerance);
  CHECK(given.repair.holdout == RepairConfig().holdout);
  CHECK(given.repair.tune->learning_rate == TuneConfig().learning_rate);
  CHECK(given.repair.tune->hints == TuneConfig().hints);
  CHECK(given.search.levels == SearchConfig().levels);
  CHECK(given.output.compact_options.tolerance == CompactOptions().tolerance);
}

TEST_CASE("the schema names each object once, and refers to none that it lacks", "[config]") {
  const std::string text = config_schema().dump();
  Names names;
  for (const auto& definition : definitions()) names.push_back(definition.name);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  const std::regex reference("#/definitions/([a-z]+)");
  size_t count = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), reference), end; at != end; ++at, ++count)
    CHECK(std::binary_search(names.begin(), names.end(), (*at)[1].str()));
  CHECK(count >= names.size() - 1);
}

TEST_CASE("each object of the schema takes the keys of its table and no others", "[config]") {
  const Schema schema = config_schema();
  for (const auto& definition : definitions()) {
    CAPTURE(definition.name);
    const Schema& object = schema["definitions"][definition.name];
    CHECK(object["properties"].size() == definition.properties.size());
    const bool is_open = definition.name == "function" || definition.name == "budget";
    CHECK((object["additionalProperties"] == false) == !is_open);
  }
  CHECK(schema["definitions"]["config"]["required"] == Schema::array({"model", "data"}));
}

TEST_CASE("Markdown of a meaning is a sentence in the schema", "[config]") {
  const Schema schema = config_schema();
  const Schema& output = schema["definitions"]["output"]["properties"];
  CHECK(output["curve"]["description"] == "Of a search: all that it has tried (files.md).");
  const Schema& align = schema["definitions"]["align"]["properties"];
  CHECK(contains(align["name"]["description"].get<std::string>(), "none: each layer"));
}

TEST_CASE("the schema takes the data files that can be read", "[config]") {
  const std::regex files(data_file_pattern()), with_members(member_file_pattern());
  for (const std::string extension : {".npy", ".npz", ".pt", ".csv", ".npzz", "npy"}) {
    CAPTURE(extension);
    const auto* format = find_data_format(extension);
    CHECK(std::regex_search("x" + extension, files) == (format != nullptr));
    CHECK(std::regex_search("x" + extension, with_members) ==
          (format != nullptr && format->has_members));
  }
}

}  // namespace actsparse
