#include "config/found_config.h"

#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const json searched = {
    {"$schema", "../docs/config.schema.json"},
    {"version", 1},
    {"model", {{"path", "models/m.pt"}}},
    {"data", {{"inputs", {{{"path", "x.npy"}}, {{"images", "photos/*.png"}, {"size", {8, 8}}}}}}},
    {"functions", {"mine.py"}},
    {"defaults",
     {{"aggregate_fn", "sum"},
      {"reduce_fn", "identity"},
      {"mask_fn", "magnitude"},
      {"sparse_config", {{"sparsity_level", 0.5}, {"block_shape", {1, 2}}}}}},
    {"layers",
     {{{"match", "block.*"}, {"exclude", {"block.9"}}, {"optional", true}, {"input", 1}},
      {{"name", "fc"}, {"sparse_config", nullptr}},
      {{"type", "Conv2d"}, {"sparse_config", {{"seed", 3}}}}}},
    {"run", {{"checkpoint", {{"batches", 10}, {"path", "checkpoint.pt"}}}}},
    {"search", {{"budget", {{"macs", 0.5}}}}},
    {"evaluate", {{"data", {{"batches", "held_out/*.pt"}}}, {"labels", {{"path", "y.npy"}}}}},
    {"output",
     {{"model", "masked.pt"},
      {"compact", {{"path", "small.pt"}, {"tolerance", 0.001}}},
      {"config", "found.json"},
      {"curve", "curve.json"}}}};

// As it lies in folder/configs/c.json.
struct Searched {
  TemporaryFolder folder;
  Config config;
  Searched() {
    fs::create_directories(folder / "configs");
    write_file(folder / "configs/c.json", searched.dump());
    config = load_config(folder / "configs/c.json");
  }
};

const std::vector<SettledLayer> settled = {
    {"block.0", 0, 0.25}, {"block.1", 0, 0.75}, {"fc", 1, 0.5}, {"conv", 2, std::nullopt}};

}  // namespace

TEST_CASE("a found config has an entry with its level for each layer", "[config]") {
  const Searched place;
  const json found = found_config(place.config, settled, place.folder / "configs");
  const json& layers = found["layers"];
  REQUIRE(layers.size() == 4);
  CHECK(layers[0] ==
        json({{"name", "block.0"}, {"input", 1}, {"sparse_config", {{"sparsity_level", 0.25}}}}));
  CHECK(layers[1]["sparse_config"]["sparsity_level"] == 0.75);
  // A null drops all defaults but the level, which is given.
  CHECK(layers[2]["sparse_config"] == json({{"sparsity_level", 0.5}, {"block_shape", nullptr}}));
  CHECK(layers[3] == json({{"name", "conv"}, {"sparse_config", {{"seed", 3}}}}));
  CHECK_FALSE(found.contains("search"));
  CHECK(found["output"] ==
        json({{"model", "masked.pt"}, {"compact", {{"path", "small.pt"}, {"tolerance", 0.001}}}}));
  for (const char* same : {"model", "data", "functions", "defaults", "run", "evaluate", "$schema"})
    CHECK(found[same] == searched[same]);
}

TEST_CASE("a found config means the same files from another folder", "[config]") {
  Searched place;
  redirect_outputs(place.config, place.folder / "out");
  const auto out = place.folder / "out";
  const json found = found_config(place.config, settled, out);
  CHECK(found["model"]["path"] == "../configs/models/m.pt");
  CHECK(found["data"]["inputs"][1]["images"] == "../configs/photos/*.png");
  CHECK(found["functions"][0] == "../configs/mine.py");
  CHECK(found["evaluate"]["data"]["batches"] == "../configs/held_out/*.pt");
  CHECK(found["output"]["model"] == "masked.pt");
  CHECK(found["run"] == searched["run"]);  // a checkpoint's path is no file that is read
  const Config read = parse_config(found.dump(), out, "found.json");
  CHECK(read.model.path == place.config.model.path);
  CHECK(read.evaluate->labels->file.path == place.config.evaluate->labels->file.path);
  CHECK(read.output.compact == place.config.output.compact);
  CHECK(read.layers.size() == 4);
}
