#include <torch/csrc/jit/serialization/import.h>

#include <fstream>

#include "base/digest.h"
#include "base/version.h"
#include "model/extra_files.h"
#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

Provenance origin_of(const Workplace& place, const std::string& name) {
  const auto found = inspect(place / name, nullptr, {});
  if (const auto* report = std::get_if<Report>(&found)) return report->origin;
  return std::get<Inspection>(found).provenance.value();
}

void ask_for_report(Workplace& place) {
  place.json["output"] = {{"model", "masked.pt"}, {"state", "state.pt"}, {"report", "report.json"}};
}

}  // namespace

TEST_CASE("Masked model, state and report tell the same origin", "[pipeline]") {
  Workplace place;
  ask_for_report(place);
  write_file(place / "f.py", "def half(x: Tensor) -> Tensor:\n  return x * 0.5\n");
  place.json["functions"] = {"f.py"};
  const Report ran = run(place.config(), {});
  const auto origin = to_json(ran.origin);
  CHECK(origin["tool_version"] == tool_version());
  CHECK(origin["libtorch_version"] == libtorch_version());
  CHECK(origin["model"]["sha256"] == digest_of_file(place / "model.pt", ErrorKind::Model));
  CHECK(origin["data"]["sha256"].get<std::string>().size() == 64);
  CHECK(origin["config"]["sha256"] == config_digest(place.config()));
  CHECK(origin["functions"][0]["file"] == "f.py");
  CHECK(origin["functions"][0]["sha256"] == digest_of(place.read("f.py")));
  for (const char* name : {"masked.pt", "state.pt", "report.json"}) {
    INFO(name);
    CHECK(to_json(origin_of(place, name)) == origin);
  }
  const auto found = inspect(place / "report.json", nullptr, {});
  CHECK(to_json(std::get<Report>(found)) == to_json(ran));
}

TEST_CASE("A state shows its layers, stepped or not", "[pipeline]") {
  const Workplace place;
  calibrate(place.config(), place / "c.pt", {});
  const auto found = inspect(place / "c.pt", nullptr, {});
  const Report& report = std::get<Report>(found);
  REQUIRE(report.layers.size() == 2);
  CHECK(report.layers[0].calls == 2);
  CHECK_FALSE(report.layers[0].mask);
  run(place.config(), {});
  const auto stepped = inspect(place / "state.pt", nullptr, {});
  CHECK(std::get<Report>(stepped).layers.at(0).mask.has_value());
}

TEST_CASE("A step with a config of its own is told apart from the calibration", "[pipeline]") {
  Workplace place;
  calibrate(place.config(), place / "c.pt", {});
  step(place / "c.pt", nullptr, place / "s.pt");
  CHECK(origin_of(place, "s.pt").step_config_digest.empty());
  place.json["layers"] = {{{"name", "fc"}, {"sparse_config", {{"sparsity_level", 0.9}}}}};
  const Config config = place.config();
  step(place / "c.pt", &config, place / "s.pt");
  CHECK(origin_of(place, "s.pt").step_config_digest == config_digest(config));
  CHECK(origin_of(place, "s.pt").config_digest == origin_of(place, "c.pt").config_digest);
}

TEST_CASE("A model's own extra files stay in the masked model", "[pipeline]") {
  const Workplace place;
  {
    const auto model = load_model(place / "model.pt");
    std::ofstream out(place / "model.pt", std::ios::binary);
    write_model(model, out, {{"labels.txt", "zero\none\n"}, {"actsparse.json", "foreign"}});
  }
  run(place.config(), {});
  torch::jit::ExtraFilesMap files = {{"labels.txt", ""}, {"actsparse.json", ""}};
  torch::jit::load((place / "masked.pt").string(), c10::nullopt, files);
  CHECK(files["labels.txt"] == "zero\none\n");
  CHECK(provenance_in(files).has_value());
}

TEST_CASE("What is no model, state or report is told as what it looks like", "[pipeline]") {
  const Workplace place;
  write_file(place / "x.json", R"({"version": 1})");
  const Error report = error_of([&] { inspect(place / "x.json", nullptr, {}); });
  CHECK(report.kind() == ErrorKind::State);
  CHECK(contains(report.what(), "no report of actsparse"));
  write_file(place / "x.pt", "abc");
  CHECK(error_of([&] { inspect(place / "x.pt", nullptr, {}); }).kind() == ErrorKind::Model);
  calibrate(place.config(), place / "c.pt", {});
  const Config config = place.config();
  const Error state = error_of([&] { inspect(place / "c.pt", &config, {}); });
  CHECK(state.kind() == ErrorKind::Usage);
  CHECK(contains(state.what(), "a config goes with a model, not with a state"));
}
