// Grams and scores of weights, from a config to a masked model.
#include <filesystem>
#include <fstream>

#include "pipeline/helpers.h"
#include "pipeline/prepared_job.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

json over_patches() { return {{"name", "gram"}, {"patches", true}}; }

// A sample model whose layers of these types are masked by removal error.
struct Sample : Workplace {
  Sample(const std::string& model, const std::vector<std::string>& types) {
    std::filesystem::copy_file(source_dir() / "sample_models" / model, *this / "model.pt",
                               std::filesystem::copy_options::overwrite_existing);
    json["defaults"]["aggregate_fn"] = over_patches();
    json["defaults"]["reduce_fn"] = "removal_error";
    json["layers"] = nlohmann::json::array();
    for (const auto& type : types)
      json["layers"].push_back({{"type", type}, {"exclude", {"conv1"}}});
  }
};

}  // namespace

TEST_CASE("Removal errors mask scripted and traced convolutions and linear layers", "[pipeline]") {
  for (const char* model : {"digits_cnn.pt", "digits_cnn_traced.pt"})
    for (const char* align : {"none", "group"}) {
      INFO(model << ", align " << align);
      Sample place(model, {"Conv2d", "Linear"});
      place.json["defaults"]["align"] = align;
      const Report report = run(place.config(), {});
      REQUIRE(!report.layers.empty());
      for (const auto& layer : report.layers) CHECK(layer.mask->kept < layer.mask->total);
      REQUIRE(report.verification);
    }
}

TEST_CASE("The first layer of a recurrent one has weights, too", "[pipeline]") {
  Sample place("digits_lstm.pt", {"LSTM"});
  for (const json& aggregate : {json{{"name", "gram"}, {"except_dim", {-1}}},
                                json{{"name", "rms"}, {"except_dim", {-1}}}}) {
    place.json["defaults"]["aggregate_fn"] = aggregate;
    place.json["defaults"]["reduce_fn"] =
        aggregate.at("name") == "gram" ? "removal_error" : "weighted";
    const Report report = run(place.config(), {});
    REQUIRE(report.layers.size() == 1);
    CHECK(report.layers[0].mask->kept == 4);
  }
  place.json["defaults"]["aggregate_fn"] = over_patches();
  place.json["defaults"]["reduce_fn"] = "removal_error";
  CHECK(error_of([&] { run(place.config(), {}); }).kind() == ErrorKind::Model);
}

TEST_CASE("A dry run counts what grams take", "[pipeline]") {
  Sample place("digits_cnn.pt", {"Linear"});
  const Report report = dry_run(place.config(), {});
  REQUIRE(report.dry_run);
  CHECK(report.dry_run->aggregate_bytes == 8 * 129 * 129);
}

TEST_CASE("Grams that cannot be held are refused before the run", "[pipeline]") {
  LayerRecord layer;
  json patches = {{"channels", 1 << 20}, {"groups", 1}, {"transposed", false}};
  patches["kernel"] = {64, 64};
  for (const char* key : {"stride", "dilation", "spread"}) patches[key] = {1, 1};
  for (const char* key : {"before", "after"}) patches[key] = {0, 0};
  layer.settings.aggregate_fn = FunctionConfig{"gram", {{"patches", patches}}, ""};
  check_grams({});
  const Error error = error_of([&] { check_grams({layer}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "keep them over channels"));
}

TEST_CASE("A score of a gram alone is found before the run", "[pipeline]") {
  Sample place("digits_cnn.pt", {"Linear"});
  place.json["defaults"]["aggregate_fn"] = {{"name", "var"}, {"except_dim", {-1}}};
  const Error error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "layers.0: 'removal_error' is made of aggregate_fn 'gram'"));
}

TEST_CASE("A gram's state can be stepped with a score of the user's", "[pipeline]") {
  Sample place("digits_cnn.pt", {"Linear"});
  std::ofstream(place / "mine.py") << "def spread(x: Tensor) -> Tensor:\n"
                                      "    return x.diag()[1:] - x[0, 1:] * x[0, 1:]\n";
  place.json["functions"] = {"mine.py"};
  calibrate(place.config(), place / "gram.pt", {});
  CHECK(contains(error_of([&] { step(place / "gram.pt", nullptr, place / "out.pt"); }).what(),
                 "use 'actsparse run'"));
  place.json["defaults"]["reduce_fn"] = "spread";
  const Config config = place.config();
  const Report report = step(place / "gram.pt", &config, place / "out.pt");
  CHECK(report.layers[0].mask->kept == 64);
  const MergedSettings settings = read_state(place / "out.pt").layers[0].settings;
  CHECK(settings.aggregate_fn->parameters.at("patches").is_object());
}
