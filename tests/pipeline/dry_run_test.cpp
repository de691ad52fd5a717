#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using Names = std::vector<std::string>;

TEST_CASE("A dry run tells what the run will take, and writes nothing", "[pipeline]") {
  const Workplace place;
  const Report report = dry_run(place.config(), {});
  CHECK(place.names() == Names{"model.pt"});
  REQUIRE(report.dry_run);
  CHECK(report.origin.batches == 1);
  CHECK(report.dry_run->batches == 2);
  CHECK(report.dry_run->samples == 64);
  CHECK(report.dry_run->aggregate_bytes == 32 * (8 * 8 + 128) * 4);  // conv1's and fc's inputs
  CHECK(report.dry_run->estimated_seconds >= report.timing.calibrate_seconds);
  REQUIRE(report.layers.size() == 2);
  CHECK(report.layers[1].mask->shapes.at(0) == std::vector<int64_t>{128});
  run(place.config(), {});
  const auto size = [&](const char* name) { return static_cast<int64_t>(place.read(name).size()); };
  CHECK(report.dry_run->model_bytes == size("masked.pt"));
  CHECK(std::abs(report.dry_run->state_bytes - size("state.pt")) < 256);  // digests are not made
}

TEST_CASE("A dry run hits the run's errors", "[pipeline]") {
  Workplace place(chain(), {"a"});
  place.json["defaults"]["reduce_fn"] = "identity";
  const Error error = error_of([&] { dry_run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Function);
  place.json["layers"][0]["name"] = "c";
  CHECK(error_of([&] { dry_run(place.config(), {}); }).kind() == ErrorKind::Model);
}

TEST_CASE("A dry run tries the masked model on fewer samples, as the run does", "[pipeline]") {
  const auto turned = make_module("Turned",
                                  "def forward(self, x: Tensor) -> Tensor:\n"
                                  "  return self.a.forward(x.t())\n",
                                  {{"a", scale(2)}});
  const Workplace place(turned, {"a"});
  const Error error = error_of([&] { dry_run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "a mask holds the batch's size"));
  CHECK(place.names() == Names{"model.pt"});
}

TEST_CASE("A layer that the first batch does not call is a dry run's warning", "[pipeline]") {
  const auto unused = make_module("Unused",
                                  "def forward(self, x: Tensor) -> Tensor:\n"
                                  "  if x.size(0) > 100:\n"
                                  "    x = self.b.forward(x)\n"
                                  "  return self.a.forward(x)\n",
                                  {{"a", scale(2)}, {"b", scale(3)}});
  const Workplace place(unused, {"a", "b"});
  const Report report = dry_run(place.config(), {});
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "layer 'b': never called (called only under 'if x.size(0)"));
  CHECK(contains(report.warnings[0], "an error unless a later batch calls it"));
  CHECK(report.layers.size() == 1);
}

TEST_CASE("A layer that no batch can call is a dry run's error", "[pipeline]") {
  const auto unused = make_module("Unused",
                                  "def forward(self, x: Tensor) -> Tensor:\n"
                                  "  if self.training:\n"
                                  "    x = self.b.forward(x)\n"
                                  "  return self.a.forward(x)\n",
                                  {{"a", scale(2)}, {"b", scale(3)}, {"c", scale(4)}});
  for (const char* layer : {"b", "c"}) {
    const Workplace place(unused, {"a", layer});
    const Error error = error_of([&] { dry_run(place.config(), {}); });
    CHECK(error.kind() == ErrorKind::Model);
    CHECK(contains(error.what(), "never called in this calibration: '" + std::string(layer)));
  }
}
