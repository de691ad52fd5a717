#include "compact/mask_weights.h"

#include <ATen/TensorOperators.h>

#include "compact/rules/contraction.h"
#include "model/layer_tree.h"
#include "support/catch.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;

namespace {

MaskSite site(const std::string& layer, const std::vector<double>& mask, int64_t trailing) {
  std::vector<int64_t> shape(trailing + 1, 1);
  shape[0] = static_cast<int64_t>(mask.size());
  return {{layer, int64_t{0}}, tensor1d(mask).to(at::kFloat).view(shape)};
}

std::vector<std::string> names(const torch::jit::Module& model) {
  std::vector<std::string> found;
  for (const auto& entry : model.named_parameters()) found.push_back(entry.name);
  for (const auto& entry : model.named_buffers()) found.push_back(entry.name);
  return found;
}

}  // namespace

TEST_CASE("masks of convolutions, grouped ones and linear layers go into the weights",
          "[compact]") {
  const auto model = small_cnn();
  const std::vector<MaskSite> sites = {site("conv2", {1, 0, 1, 1, 0, 0, 1, 1}, 2),
                                       site("fc", {0, 1, 1, 0, 1, 1, 1, 0}, 0)};
  const std::string before = all_graphs(model);
  const auto folded = mask_weights(model, sites);
  CHECK(folded.folded == std::vector<std::string>{"conv2", "fc"});
  CHECK(folded.left.empty());
  CHECK(names(folded.module) == names(model));
  CHECK(all_graphs(model) == before);
  const auto x = normal({2, 3, 6, 6}, 5);
  CHECK(run_forward(folded.module, x).equal(run_forward(apply_masks(model, sites), x)));
  CHECK_FALSE(run_forward(folded.module, x).equal(run_forward(model, x)));
}

TEST_CASE("what cannot go into a weight is left, with the reason", "[compact]") {
  const auto model = small_cnn();
  MaskSite plane = site("conv2", {1, 0, 1, 1, 0, 0, 1, 1}, 2);
  plane.mask = plane.mask.expand({8, 6, 6}).clone();
  plane.mask[0][0][0] = 0;
  const auto folded = mask_weights(model, {plane, site("bn1", {1, 0, 1, 1, 0, 0, 1, 1}, 2)});
  CHECK(folded.folded.empty());
  REQUIRE(folded.left.size() == 2);
  CHECK(folded.reasons[0].second == "its mask has more than one number per channel");
  CHECK(folded.reasons[1].second == "it is no convolution and no linear layer");
}

TEST_CASE("columns of a grouped weight take the factors of their group", "[compact]") {
  const auto weight = normal({4, 2, 1, 1}, 1);  // 2 groups of 2 inputs
  const auto masked = rules::masked_columns(weight, tensor1d({1, 0, 2, 3}), 2);
  CHECK(masked[1][1].item().toDouble() == 0);
  CHECK(masked[2][0].equal(weight[2][0] * 2));
  CHECK(masked[3][1].equal(weight[3][1] * 3));
}
