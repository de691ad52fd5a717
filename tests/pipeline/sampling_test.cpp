// Models that draw random numbers in eval mode, too.
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;

namespace {

// `sampled` makes y, which b (8 -> 3) reads, of what a (4 -> 8) gives.
struct Sampling : Workplace {
  explicit Sampling(const std::string& sampled)
      : Workplace(make_module("Sampling",
                              "def forward(self, x: Tensor) -> Tensor:\n"
                              "  y = torch.relu(self.a.forward(x))\n" +
                                  sampled +
                                  "  z = self.b.forward(y)\n"
                                  "  return z + torch.randn_like(z)\n",
                              {{"a", linear_layer(4, 8)}, {"b", linear_layer(8, 3)}}),
                  {"b"}) {
    json["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {-1}}};
    json["defaults"]["reduce_fn"] = "identity";
    json["output"]["compact"] = "small.pt";
  }

  // Of the four channels that are masked.
  int64_t removed() {
    const Report report = run(config(), {});
    REQUIRE(report.compact);
    for (const auto& difference : report.compact->differences) CHECK(difference.relative < 1e-5);
    const Report folded = apply(
        {*this / "model.pt", *this / "state.pt", *this / "folded.pt", {}, MaskForm::Weights}, {});
    CHECK(folded.verification->folded->layers == 1);
    return report.compact->layers.at(0).removed;
  }
};

}  // namespace

TEST_CASE("a model that adds noise to its answers is folded and compacted", "[pipeline]") {
  CHECK(Sampling("").removed() == 4);
}

TEST_CASE("what random numbers are drawn for keeps its channels, so that the same are drawn",
          "[pipeline]") {
  CHECK(Sampling("  y = torch.dropout(y, 0.5, True)\n").removed() == 0);
  CHECK(Sampling("  y = y + torch.randn_like(y)\n").removed() == 0);
  CHECK(Sampling("  y = y + torch.randn([y.size(0), y.size(1)])\n").removed() == 0);
  CHECK(Sampling("  y = torch.bernoulli(torch.sigmoid(y))\n").removed() == 0);
  CHECK(Sampling("  y = y * torch.rand(y.size())\n").removed() == 0);
}

TEST_CASE("a number that is drawn for each sample leaves the channels free", "[pipeline]") {
  CHECK(Sampling("  y = y * torch.rand([y.size(0), 1])\n").removed() == 4);
}

TEST_CASE("a model that samples is calibrated fast like any other", "[pipeline]") {
  Sampling place("  y = y + torch.randn_like(y)\n");
  place.json["run"] = {{"precision", "fast"}};
  CHECK(run(place.config(), {}).precision->ran == "fast");
}
