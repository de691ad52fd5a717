// A model of torch.export is worked on as the scripted one of the same weights.
#include <filesystem>

#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"

using namespace actsparse;
using nlohmann::json;

namespace {

struct Outcome {
  StateDict state;
  Report report;
};

Outcome run_with(const std::string& model, const json& inputs) {
  Workplace place;
  place.json = {
      {"model", {{"path", (source_dir() / model).string()}}},
      {"data", {{"inputs", inputs}, {"batch_size", 32}, {"limit", 128}}},
      {"output", {{"state", "state.pt"}, {"compact", "small.pt"}, {"model", "masked.pt"}}}};
  Outcome outcome;
  outcome.report = run(place.config(), {});
  outcome.state = read_state(place / "state.pt");
  return outcome;
}

json file(const std::string& name, const json& more = json::object()) {
  json entry = {{"path", (source_dir() / "sample_models" / name).string()}};
  entry.update(more);
  return entry;
}

void check_same(const Outcome& exported, const Outcome& scripted) {
  REQUIRE(exported.state.layers.size() == scripted.state.layers.size());
  REQUIRE_FALSE(exported.state.layers.empty());
  for (size_t i = 0; i < exported.state.layers.size(); ++i) {
    const auto &ours = exported.state.layers[i], &theirs = scripted.state.layers[i];
    CAPTURE(theirs.site.layer);
    CHECK(ours.site.layer == theirs.site.layer);
    const auto masks = as_list(mask_of(*ours.gate)), wanted = as_list(mask_of(*theirs.gate));
    REQUIRE(masks.size() == wanted.size());
    for (size_t m = 0; m < masks.size(); ++m) CHECK(masks[m].equal(wanted[m]));
  }
  CHECK(exported.report.compact->parameters.after == scripted.report.compact->parameters.after);
  CHECK(exported.report.compact->macs.after == scripted.report.compact->macs.after);
}

}  // namespace

TEST_CASE("masks and small models of an export are those of the scripted model", "[pipeline]") {
  const json images = json::array({file("digits_calibration.npy")});
  const json rows = json::array({file("digits_rows_calibration.npz", {{"member", "rows"}}),
                                 file("digits_rows_calibration.npz", {{"member", "positions"}})});
  const std::string archives = "tests/exported/archives/digits/";
  const Outcome scripted = run_with("sample_models/digits_cnn.pt", images);
  CHECK(scripted.report.compact->macs.after < scripted.report.compact->macs.before);
  check_same(run_with("sample_models/digits_cnn.pt2", images), scripted);
  check_same(run_with(archives + "digits_cnn.decomposed.pt2", images), scripted);
  check_same(run_with(archives + "digits_resnet.pt2", images),
             run_with("sample_models/digits_resnet.pt", images));
  check_same(run_with(archives + "digits_attention.pt2", rows),
             run_with("sample_models/digits_attention.pt", rows));
}
