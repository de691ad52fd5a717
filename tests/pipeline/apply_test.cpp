#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

TEST_CASE("apply writes the bytes that run wrote", "[pipeline]") {
  const Workplace place;
  const Report ran = run(place.config(), {});
  const Report applied = apply(place / "model.pt", place / "state.pt", place / "again.pt", {});
  CHECK(place.read("again.pt") == place.read("masked.pt"));
  CHECK(to_json(applied)["layers"] == to_json(ran)["layers"]);
  REQUIRE(applied.verification);
  CHECK(applied.verification->input == "random values");
}

TEST_CASE("apply makes up arguments of every kind: integers, constants", "[pipeline]") {
  const auto lookup =
      make_module("Lookup",
                  "def forward(self, i: Tensor, factor: float) -> Tensor:\n"
                  "  return self.fc.forward(torch.one_hot(i, 10).float() * factor)\n",
                  {{"fc", scale(2)}});
  Workplace place(lookup, {"fc"});
  place.json["data"]["inputs"] = {{{"random", {{"shape", {8}}, {"dtype", "int64"}}}},
                                  {{"value", 2}}};
  run(place.config(), {});
  const Report report = apply(place / "model.pt", place / "state.pt", place / "again.pt", {});
  CHECK(report.verification->layers == 1);
  CHECK(place.read("again.pt") == place.read("masked.pt"));
}

TEST_CASE("apply takes a stepped state of this very model only", "[pipeline]") {
  const Workplace place;
  calibrate(place.config(), place / "c.pt", {});
  const auto refused = [&](const std::string& model, const std::string& state) {
    const Error error = error_of([&] { apply(place / model, place / state, place / "x.pt", {}); });
    CHECK_FALSE(std::filesystem::exists(place / "x.pt"));
    return error;
  };
  const Error unstepped = refused("model.pt", "c.pt");
  CHECK(unstepped.kind() == ErrorKind::State);
  CHECK(contains(unstepped.what(), "'conv1' has no mask yet"));
  step(place / "c.pt", nullptr, place / "s.pt");
  chain().save((place / "other.pt").string());
  const Error other = refused("other.pt", "s.pt");
  CHECK(other.kind() == ErrorKind::State);
  CHECK(contains(other.what(), "another model"));
}

TEST_CASE("apply does not write over what it reads", "[pipeline]") {
  const Workplace place;
  run(place.config(), {});
  for (const std::string name : {"model.pt", "state.pt"}) {
    const std::string before = place.read(name);
    const Error error =
        error_of([&] { apply(place / "model.pt", place / "state.pt", place / name, {}); });
    CHECK(error.kind() == ErrorKind::Usage);
    CHECK(place.read(name) == before);
  }
}
