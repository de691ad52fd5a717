#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

Error step_error(const Workplace& place, const std::string& state) {
  const Config config = place.config();
  return error_of([&] { step(place / state, &config, place / "s.pt"); });
}

}  // namespace

TEST_CASE("step makes the masks of run from the aggregates alone", "[pipeline]") {
  const Workplace place;
  calibrate(place.config(), place / "c.pt", {});
  const Report ran = run(place.config(), {});
  std::filesystem::remove(place / "model.pt");
  const Report stepped = step(place / "c.pt", nullptr, place / "s.pt");
  CHECK(to_json(stepped)["layers"] == to_json(ran)["layers"]);
  CHECK(to_json(stepped)["data"] == to_json(ran)["data"]);
  const auto one = read_state(place / "s.pt"), two = read_state(place / "state.pt");
  for (size_t i = 0; i < 2; ++i) {
    CHECK(bit_equal(std::get<at::Tensor>(mask_of(one.layers.at(i).gate.value())),
                    std::get<at::Tensor>(mask_of(two.layers.at(i).gate.value()))));
    CHECK_FALSE(one.layers[i].data());
  }
}

TEST_CASE("A config changes what comes after the aggregate, for the layers it selects",
          "[pipeline]") {
  Workplace place;
  calibrate(place.config(), place / "c.pt", {});
  place.json["layers"] = {{{"match", "f?"},
                           {"mask_fn", "topk"},
                           {"sparse_config", {{"sparsity_level", nullptr}, {"k", 3}}}}};
  const Config config = place.config();
  const Report report = step(place / "c.pt", &config, place / "s.pt");
  CHECK(report.layers.at(0).mask->kept == 32);
  CHECK(report.layers.at(1).mask->kept == 3);
  CHECK(read_state(place / "s.pt").layers.at(1).settings.mask_fn->name == "topk");
}

TEST_CASE("A step cannot change how data was aggregated, nor find other layers", "[pipeline]") {
  Workplace place;
  calibrate(place.config(), place / "c.pt", {});
  place.json["layers"] = {{{"name", "fc"}, {"aggregate_fn", "max"}}};
  CHECK(step_error(place, "c.pt").kind() == ErrorKind::Config);
  place.json["layers"] = {{{"name", "fc"}, {"features", {1}}, {"feature_dim", 1}}};
  CHECK(step_error(place, "c.pt").kind() == ErrorKind::Config);
  place.json["layers"] = {{{"name", "fcc"}}};
  const Error error = step_error(place, "c.pt");
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "did you mean 'fc'"));
  CHECK_FALSE(std::filesystem::exists(place / "s.pt"));
}

TEST_CASE("User functions travel in the state, and a config may bring more", "[pipeline]") {
  Workplace place;
  write_file(place / "f.py", "def last(x: Tensor) -> Tensor:\n  return x[-1]\n");
  place.json["functions"] = {"f.py"};
  place.json["defaults"]["reduce_fn"] = "last";
  calibrate(place.config(), place / "c.pt", {});
  std::filesystem::remove(place / "f.py");
  CHECK(step(place / "c.pt", nullptr, place / "s.pt").layers.at(1).mask->total == 128);

  write_file(place / "g.py", "def keep_all(x: Tensor) -> Tensor:\n  return torch.ones_like(x)\n");
  place.json["functions"] = {"g.py"};
  place.json["defaults"]["sparse_config"] = nullptr;
  place.json["layers"] = {{{"name", "fc"}, {"mask_fn", "keep_all"}}};
  const Config config = place.config();
  const Report report = step(place / "c.pt", &config, place / "s.pt");
  CHECK(report.layers.at(1).mask->kept == 128);
  CHECK(report.layers.at(1).warnings.size() == 1);  // all one
  CHECK(read_state(place / "s.pt").meta.function_sources.size() == 2);
}

TEST_CASE("A state that was stepped has nothing left to step", "[pipeline]") {
  const Workplace place;
  run(place.config(), {});
  const Error error = error_of([&] { step(place / "state.pt", nullptr, place / "s.pt"); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "stepped already"));
}
