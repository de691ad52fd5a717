// Small models with more methods than the one that they were compacted for.
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;
using Texts = std::vector<std::string>;

namespace {

const std::string forward =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "  return self.b.forward(torch.relu(self.a.forward(x)))\n";

// What is said of the small model of `methods` over the layers a (4 -> 8) and b (8 -> 4), the
// channels of what enters b being masked by half.
Texts warnings_of(const std::string& methods, const std::string& method = "forward") {
  auto model =
      make_module("Methods", methods, {{"a", linear_layer(4, 8)}, {"b", linear_layer(8, 4)}});
  model.eval();
  Workplace place(model, {"b"});
  place.json["model"]["method"] = method;
  place.json["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {-1}}};
  place.json["defaults"]["reduce_fn"] = "identity";
  place.json["output"]["compact"] = "small.pt";
  const Report report = run(place.config(), {});
  REQUIRE(report.compact);
  CHECK(report.compact->layers.at(0).removed == 4);
  return report.compact->warnings;
}

}  // namespace

TEST_CASE("methods that give the same answers need no word", "[pipeline]") {
  CHECK(warnings_of(forward + "def twice(self, x: Tensor) -> Tensor:\n"
                              "  return self.forward(self.forward(x))\n"
                              "def looped(self, x: Tensor, n: int) -> Tensor:\n"
                              "  for i in range(n):\n"
                              "    x = self.forward(x)\n"
                              "  return x\n") == Texts());
}

TEST_CASE("methods that the small model answers otherwise, or not, are named", "[pipeline]") {
  const auto warnings = warnings_of(forward +
                                    "def encode(self, x: Tensor) -> Tensor:\n"
                                    "  return self.a.forward(x)\n"
                                    "def decode(self, z: Tensor) -> Tensor:\n"
                                    "  return self.b.forward(z)\n"
                                    "def energy(self, x: Tensor) -> Tensor:\n"
                                    "  return self.a.forward(x).sum()\n");
  REQUIRE(warnings.size() == 3);
  std::string all;
  for (const auto& warning : warnings) all += warning + '\n';
  CHECK(contains(all, "method 'encode' of the small model"));
  CHECK(contains(all, "method 'decode' of the small model is not the masked model's"));
  CHECK(contains(all, "method 'energy' of the small model gives other answers"));
}

TEST_CASE("a method that cannot be compared is named, too", "[pipeline]") {
  const auto warnings = warnings_of(forward +
                                    "def pick(self, names: Dict[str, Tensor]) -> Tensor:\n"
                                    "  return self.a.forward(names['x'])\n");
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0], "'pick'"));
  CHECK(contains(warnings[0], "could not be compared"));
}

TEST_CASE("methods that read nothing of what has changed need no word", "[pipeline]") {
  CHECK(warnings_of(forward + "def half(self, names: Dict[str, Tensor]) -> Tensor:\n"
                              "  return names['x'] * 0.5\n") == Texts());
}

TEST_CASE("where another method is masked, forward is one of the others", "[pipeline]") {
  const auto warnings = warnings_of(
      "def encode(self, x: Tensor) -> Tensor:\n"
      "  return self.b.forward(torch.relu(self.a.forward(x)))\n"
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return self.a.forward(x)\n",
      "encode");
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0], "method 'forward'"));
  CHECK(contains(warnings[0], "compacted for 'encode' alone"));
}
