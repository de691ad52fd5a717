#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"
#include "support/networks.h"
#include "support/npy_writer.h"

using namespace actsparse;

TEST_CASE("apply writes the bytes that run wrote", "[pipeline]") {
  const Workplace place;
  const Report ran = run(place.config(), {});
  const Report applied = apply({place / "model.pt", place / "state.pt", place / "again.pt"}, {});
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
  const Report report = apply({place / "model.pt", place / "state.pt", place / "again.pt"}, {});
  CHECK(report.verification->layers == 1);
  CHECK(place.read("again.pt") == place.read("masked.pt"));
}

TEST_CASE("apply is tried on real inputs where the model refuses made-up ones", "[pipeline]") {
  const auto counted = make_module("Counted",
                                   "def forward(self, x: Tensor, n: Tensor) -> Tensor:\n"
                                   "  assert bool((n > 0).all()), 'a length is 0'\n"
                                   "  return self.fc.forward(x) / n.unsqueeze(1)\n",
                                   {{"fc", scale(2)}});
  Workplace place(counted, {"fc"});
  write_pt(place / "batch.pt",
           c10::ivalue::Tuple::create(normal({4, 4}, 1), tensor1d({3, 1, 2, 2}).to(at::kLong)));
  place.json["data"] = {{"batches", "batch.pt"}};
  run(place.config(), {});
  ApplyRequest request{place / "model.pt", place / "state.pt", place / "again.pt"};
  const Error error = error_of([&] { apply(request, {}); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "a length is 0"));
  CHECK(contains(error.what(), "-c CONFIG"));
  CHECK(contains(error.what(), "--input FILE"));
  CHECK_FALSE(std::filesystem::exists(place / "again.pt"));
  request.data = place.config().data;
  CHECK(apply(request, {}).verification->input == "first batch");
  request.config = place.config();
  CHECK(apply(request, {}).verification->input == "calibration batch");
  CHECK(place.read("again.pt") == place.read("masked.pt"));
}

TEST_CASE("apply takes a stepped state of this very model only", "[pipeline]") {
  const Workplace place;
  calibrate(place.config(), place / "c.pt", {});
  const auto refused = [&](const std::string& model, const std::string& state) {
    const Error error = error_of([&] {
      apply({place / model, place / state, place / "x.pt"}, {});
    });
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
    const Error error = error_of([&] {
      apply({place / "model.pt", place / "state.pt", place / name}, {});
    });
    CHECK(error.kind() == ErrorKind::Usage);
    CHECK(place.read(name) == before);
  }
}

TEST_CASE("apply can put the masks into the weights", "[pipeline]") {
  Workplace place;
  place.json["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {1}}};
  place.json["defaults"]["reduce_fn"] = "identity";
  place.json["layers"] = {{{"name", "conv2"}}, {{"name", "bn2"}}, {{"name", "fc"}}};
  run(place.config(), {});
  const Report report = apply(
      {place / "model.pt", place / "state.pt", place / "folded.pt", {}, MaskForm::Weights}, {});
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "layer 'bn2' keeps its multiplication: "));
  const auto folded = load_model(place / "folded.pt");
  CHECK(folded.attr("bn2").toModule().hasattr("activation_mask"));
  CHECK_FALSE(folded.attr("conv2").toModule().hasattr("activation_mask"));
  const auto masked = load_model(place / "masked.pt");
  const auto x = normal({4, 1, 8, 8}, 1);
  CHECK(run_forward(folded, x).allclose(run_forward(masked, x), 1e-6, 1e-6));
}

TEST_CASE("a weight that other code reads too is not folded unseen", "[pipeline]") {
  // A layer like another one's weight in a functional call.
  const auto model = make_module("Tied",
                                 "def forward(self, x: Tensor) -> Tensor:\n"
                                 "  return self.fc.forward(x) + torch.linear(x, self.fc.weight)\n",
                                 {{"fc", linear_layer(4, 3)}});
  Workplace place(model, {"fc"});
  place.json["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {-1}}};
  place.json["defaults"]["reduce_fn"] = "identity";
  run(place.config(), {});
  const Error error = error_of([&] {
    apply({place / "model.pt", place / "state.pt", place / "folded.pt", {}, MaskForm::Weights}, {});
  });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "Leave out --fold"));
  CHECK_FALSE(std::filesystem::exists(place / "folded.pt"));
}
