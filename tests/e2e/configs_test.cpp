// Every example config works, twice the same, and its report adds up.
#include <set>

#include "e2e/scene.h"

using namespace actsparse;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> example_configs() {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(source_dir() / "configs"))
    if (entry.path().extension() == ".json") names.insert(entry.path().filename().string());
  return {names.begin(), names.end()};
}

ProcessResult run_config(const std::string& name, const TemporaryFolder& folder,
                         const std::string& output_dir, const Arguments& more = {}) {
  Arguments arguments = {"run", "-c", config_file(name), "--output-dir", output_dir};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = run_actsparse(arguments, folder.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result;
}

void check_layer(const json& layer) {
  INFO(layer.dump());
  CHECK(layer["calls"] > 0);
  if (layer.contains("gate")) {
    CHECK(layer["gate"]["threshold"] > 0);
    CHECK(layer["sparsity_effective"] > 0);
    return;
  }
  CHECK(layer["kept"] >= 0);
  CHECK(layer["total"] > 0);
  CHECK(layer["kept"] <= layer["total"]);
  CHECK(layer["sparsity_effective"].get<double>() ==
        1.0 - layer["kept"].get<double>() / layer["total"].get<double>());
}

// The table's row of a layer: "name  type  calls  mask  kept/total ...".
void check_row(const json& layer, const std::string& table) {
  const auto name = layer["name"].get<std::string>();
  const auto at = ("\n" + table).find("\n" + name + " ");
  INFO(name << " in\n" << table);
  REQUIRE(at != std::string::npos);
  const std::string row = table.substr(at, table.find('\n', at) - at);
  CHECK(contains(row, " " + layer["calls"].dump() + " "));
  if (layer.contains("gate"))
    CHECK(contains(row, " > "));
  else
    CHECK(contains(row, " " + layer["kept"].dump() + "/" + layer["total"].dump() + " "));
}

}  // namespace

TEST_CASE("Every example config runs, and a second run gives the same bytes", "[e2e]") {
  const auto names = example_configs();
  REQUIRE(names.size() >= 18);
  for (const auto& name : names) {
    INFO(name);
    const TemporaryFolder folder;
    const auto text = run_config(name, folder, "first");
    const auto as_json = run_config(name, folder, "second", {"--json"});
    auto first = contents(folder / "first"), second = contents(folder / "second");
    json report = only_json(as_json.out);
    REQUIRE(first.size() == report["outputs"].size());
    REQUIRE(second.size() == report["outputs"].size());
    REQUIRE(first.size() >= 3);
    CHECK(report["verification"]["passed"] == true);
    CHECK(report["layers"].size() > 0);
    for (const auto& layer : report["layers"]) {
      check_layer(layer);
      check_row(layer, text.out);
    }
    const std::string stem = name.substr(0, name.size() - 5);
    for (const auto& [key, file] : report["outputs"].items()) {
      CHECK(file.get<std::string>().rfind(stem + ".", 0) == 0);
      if (key != "report")
        CHECK(read_file(folder / "first" / file.get<std::string>()) ==
              read_file(folder / "second" / file.get<std::string>()));
    }
    CHECK(read_file(folder / "second" / (stem + ".report.json")) == as_json.out);
    json other = json::parse(read_file(folder / "first" / (stem + ".report.json")));
    report.erase("timing");
    other.erase("timing");
    CHECK(other == report);
  }
}
