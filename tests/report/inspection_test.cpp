#include "report/inspection.h"

#include <sstream>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

Inspection sample_inspection() {
  Inspection inspection;
  inspection.model = "m.pt";
  inspection.batch = "batch 1 (x.npy)";
  for (auto& layer : list_layers(keyword_call()))
    inspection.layers.push_back({std::move(layer), 0, false, "", nullptr, LayerProbe{}});
  inspection.layers[0].probe->obstacle = "never called: because";
  auto& join = inspection.layers.at(1);
  join.parameters = 12;
  join.masked = true;
  join.entry = "layers.1";
  join.settings = {{"mask_fn", "topk"}};
  join.probe = LayerProbe{3, {{2, 4}, {1, 4}}, at::kFloat, ""};
  inspection.warnings = {"layers.0 is late"};
  return inspection;
}

std::string text_of(const Inspection& inspection) {
  std::ostringstream out;
  print_text(inspection, out);
  return out.str();
}

}  // namespace

TEST_CASE("an inspection prints one row per layer", "[report]") {
  const std::string text = text_of(sample_inspection());
  CHECK(contains(text, "parameters  calls  input"));
  CHECK(contains(text, "[2, 4] and 1 other shape, float32"));
  CHECK(contains(text, "forward(x: Tensor, y: Tensor)"));
  CHECK(contains(text, "masked already; selected by layers.1"));
  CHECK(contains(text, "never called: because"));
  CHECK(
      contains(text, "calls and inputs are those of batch 1 (x.npy)\nwarning: layers.0 is late\n"));
  Inspection bare = sample_inspection();
  bare.batch = "";
  for (auto& layer : bare.layers) layer.probe.reset();
  CHECK_FALSE(contains(text_of(bare), "calls"));
}

TEST_CASE("an inspection as JSON has everything", "[report]") {
  const auto document = to_json(sample_inspection());
  CHECK(document["version"] == 1);
  CHECK(document["batch"] == "batch 1 (x.npy)");
  const auto& join = document["layers"][1];
  CHECK(join["name"] == "join");
  CHECK(join["arguments"]["forward"][1]["name"] == "y");
  CHECK(join["arguments"]["forward"][1]["type"] == "Tensor");
  CHECK(join["masked"] == true);
  CHECK(join["selected"] == true);
  CHECK(join["settings"]["mask_fn"] == "topk");
  CHECK(join["batch"]["calls"] == 3);
  CHECK(join["batch"]["input_shapes"].size() == 2);
  CHECK(join["batch"]["input_dtype"] == "float32");
  CHECK(join["batch"]["observable"] == true);
  CHECK(document["layers"][0]["batch"]["obstacle"] == "never called: because");
  CHECK(document["layers"][0]["selected"] == false);
}
