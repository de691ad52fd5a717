#include "compact/compare.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

using Arguments = std::vector<c10::IValue>;

const std::string conv = "  y = torch.conv2d(x, self.w1, self.b1, [1, 1], [1, 1])\n";

at::Tensor w(int64_t out, int64_t in) { return weight({out, in, 3, 3}); }

}  // namespace

TEST_CASE("a masked channel leaves its producer's rows and its reader's columns", "[compact]") {
  const auto masked = net(conv +
                              "  z = torch.relu(y) * self.activation_mask\n"
                              "  return torch.conv2d(z, self.w2, self.b2, [1, 1], [1, 1])\n",
                          {{"w1", w(4, 3)},
                           {"b1", weight({4})},
                           {"activation_mask", mask(4, {0, 2}, 2)},
                           {"w2", w(5, 4)},
                           {"b2", weight({5})}});
  const auto result = compacted(masked, {3, 6, 6});
  CHECK(shapes(result.module) ==
        Shapes{{"w1", {2, 3, 3, 3}}, {"b1", {2}}, {"w2", {5, 2, 3, 3}}, {"b2", {5}}});
  CHECK(graph_text(result.module) ==
        "graph(%0 : __torch__.Net,\n"
        "      %1 : Tensor):\n"
        "  %2 : int = prim::Constant[value=1]()\n"
        "  %3 : int[] = prim::Constant[value=[1, 1]]()\n"
        "  %4 : Tensor = prim::GetAttr[name=\"w1\"](%0)\n"
        "  %5 : Tensor = prim::GetAttr[name=\"b1\"](%0)\n"
        "  %6 : Tensor = prim::GetAttr[name=\"w2\"](%0)\n"
        "  %7 : Tensor = prim::GetAttr[name=\"b2\"](%0)\n"
        "  %8 : Tensor = aten::conv2d(%1, %4, %5, %3, %3, %3, %2)\n"
        "  %9 : Tensor = aten::relu(%8)\n"
        "  %10 : Tensor = aten::conv2d(%9, %6, %7, %3, %3, %3, %2)\n"
        "  return (%10)\n");
  REQUIRE(result.masks.size() == 1);
  CHECK(result.masks[0].total == 4);
  CHECK(result.masks[0].masked == 2);
  CHECK(result.masks[0].removed == 2);
  CHECK(result.masks[0].kept.empty());
  CHECK(result.macs_before == 2 * 36 * 9 * (4 * 3 + 5 * 4));
  CHECK(result.macs_after == 2 * 36 * 9 * (2 * 3 + 5 * 2));
}

TEST_CASE("a channel that another layer reads stays, masked in the weights, and is explained",
          "[compact]") {
  const auto masked =
      net(conv +
              "  z = torch.conv2d(y * self.activation_mask, self.w2, None, [1, 1], [1, 1])\n"
              "  return z + torch.conv2d(y, self.w3, None, [1, 1], [1, 1])\n",
          {{"w1", w(4, 3)},
           {"b1", weight({4})},
           {"activation_mask", mask(4, {1}, 2)},
           {"w2", w(5, 4)},
           {"w3", weight({5, 4, 3, 3}, 2)}});
  const auto result = compacted(masked, {3, 6, 6});
  CHECK(shapes(result.module).at("w2") == std::vector<int64_t>{5, 4, 3, 3});
  CHECK(shapes(result.module).count("activation_mask") == 0);
  const at::Tensor column = result.module.attr("w2").toTensor().select(1, 1);
  CHECK(column.count_nonzero().item().toLong() == 0);
  REQUIRE(result.masks[0].kept.size() == 1);
  CHECK(result.masks[0].kept[0].first == 1);
  CHECK(contains(result.masks[0].kept[0].second, "read by aten::conv2d"));
}

TEST_CASE("a depthwise channel whose input is masked is a number, which the next bias takes",
          "[compact]") {
  const auto masked = net(conv +
                              "  z = torch.conv2d(y * self.activation_mask, self.w2, self.b2, [1, "
                              "1], [1, 1], [1, 1], 4)\n"
                              "  return torch.conv2d(torch.sigmoid(z), self.w3, self.b3)\n",
                          {{"w1", w(4, 3)},
                           {"b1", weight({4})},
                           {"activation_mask", mask(4, {0, 3}, 2)},
                           {"w2", w(4, 1)},
                           {"b2", weight({4})},
                           {"w3", weight({5, 4, 1, 1})},
                           {"b3", weight({5})}});
  const auto result = compacted(masked, {3, 6, 6});
  CHECK(shapes(result.module) == Shapes{{"w1", {2, 3, 3, 3}},
                                        {"b1", {2}},
                                        {"w2", {2, 1, 3, 3}},
                                        {"b2", {2}},
                                        {"w3", {5, 2, 1, 1}},
                                        {"b3", {5}}});
  CHECK_FALSE(bit_equal(result.module.attr("b3").toTensor(), masked.attr("b3").toTensor()));
}

TEST_CASE("a constant that is not zero stays if the next convolution pads", "[compact]") {
  const auto masked = net(conv +
                              "  z = torch.conv2d(y * self.activation_mask, self.w2, self.b2, [1, "
                              "1], [1, 1], [1, 1], 4)\n"
                              "  return torch.conv2d(z, self.w3, None, [1, 1], [1, 1])\n",
                          {{"w1", w(4, 3)},
                           {"b1", weight({4})},
                           {"activation_mask", mask(4, {0, 3}, 2)},
                           {"w2", w(4, 1)},
                           {"b2", weight({4})},
                           {"w3", w(5, 4)}});
  CHECK(shapes(compacted(masked, {3, 6, 6}).module).at("w1")[0] == 4);
}

TEST_CASE("a bias is made where there was none to take a constant", "[compact]") {
  const auto masked = net(conv +
                              "  y = torch.sigmoid(y * self.activation_mask)\n"
                              "  return torch.conv2d(y, self.w2, None)\n",
                          {{"w1", w(4, 3)},
                           {"b1", weight({4})},
                           {"activation_mask", mask(4, {1}, 2)},
                           {"w2", weight({2, 4, 1, 1})}});
  const auto small = shapes(compacted(masked, {3, 4, 4}).module);
  CHECK(small ==
        Shapes{{"w1", {3, 3, 3, 3}}, {"b1", {3}}, {"w2", {2, 3, 1, 1}}, {"constant", {2}}});
}

TEST_CASE("groups of a grouped convolution keep equally many channels", "[compact]") {
  const auto body =
      conv +
      "  z = torch.conv2d(y * self.activation_mask, self.w2, None, [1, 1], [1, 1], [1, 1], 2)\n"
      "  return torch.conv2d(z * self.activation_mask_1, self.w3, None)\n";
  const auto masked = [&](std::vector<int64_t> in, std::vector<int64_t> out) {
    return net(body, {{"w1", w(8, 3)},
                      {"b1", weight({8})},
                      {"activation_mask", mask(8, in, 2)},
                      {"w2", w(6, 4)},
                      {"activation_mask_1", mask(6, out, 2)},
                      {"w3", weight({2, 6, 1, 1})}});
  };
  const auto equal = shapes(compacted(masked({0, 1, 5, 7}, {0, 4}), {3, 6, 6}).module);
  CHECK(equal.at("w1")[0] == 4);
  CHECK(equal.at("w2") == std::vector<int64_t>{4, 2, 3, 3});
  CHECK(equal.at("w3")[1] == 4);
  const auto unequal = shapes(compacted(masked({0, 1, 5}, {}), {3, 6, 6}).module);
  CHECK(unequal.at("w2") == std::vector<int64_t>{6, 3, 3, 3});
  const auto whole_group = shapes(compacted(masked({4, 5, 6, 7}, {3, 4, 5}), {3, 6, 6}).module);
  CHECK(whole_group.at("w1")[0] == 4);
  CHECK(whole_group.at("w2") == std::vector<int64_t>{3, 4, 3, 3});
}

TEST_CASE("transposed convolutions shrink on both sides", "[compact]") {
  const auto masked =
      net("  y = torch.conv_transpose2d(x, self.w1, self.b1, [2, 2])\n"
          "  y = torch.relu(y) * self.activation_mask\n"
          "  z = torch.conv_transpose2d(y, self.w2, None, [2, 2])\n"
          "  return torch.conv2d(z * self.activation_mask_1, self.w3, None)\n",
          {{"w1", w(3, 4)},
           {"b1", weight({4})},
           {"activation_mask", mask(4, {1, 2}, 2)},
           {"w2", w(4, 6)},
           {"activation_mask_1", mask(6, {0}, 2)},
           {"w3", weight({2, 6, 1, 1})}});
  const auto small = shapes(compacted(masked, {3, 4, 4}).module);
  CHECK(small.at("w1") == std::vector<int64_t>{3, 2, 3, 3});
  CHECK(small.at("w2") == std::vector<int64_t>{2, 5, 3, 3});
  CHECK(small.at("w3") == std::vector<int64_t>{2, 5, 1, 1});
}

TEST_CASE("convolutions over one and three axes", "[compact]") {
  const auto one = net(
      "  y = torch.conv1d(x, self.w1, None) * self.activation_mask\n"
      "  return torch.conv1d(y, self.w2, None)\n",
      {{"w1", weight({4, 3, 3})}, {"activation_mask", mask(4, {0}, 1)}, {"w2", weight({5, 4, 3})}});
  CHECK(shapes(compacted(one, {3, 9}).module).at("w1")[0] == 3);
  const auto three =
      net("  y = torch.conv3d(x, self.w1, None) * self.activation_mask\n"
          "  return torch.conv3d(y, self.w2, None)\n",
          {{"w1", weight({4, 3, 2, 2, 2})},
           {"activation_mask", mask(4, {0}, 3)},
           {"w2", weight({5, 4, 2, 2, 2})}});
  CHECK(shapes(compacted(three, {3, 5, 5, 5}).module).at("w1")[0] == 3);
}

TEST_CASE("one sample without a batch has its channels in front", "[compact]") {
  const auto check = [](const std::string& code, const Tensors& more = {}, bool gathers = false) {
    Tensors tensors = {{"w1", w(4, 3)},
                       {"b1", weight({4})},
                       {"activation_mask", mask(4, {0, 2}, 2)},
                       {"w2", w(5, 4)}};
    tensors.insert(tensors.end(), more.begin(), more.end());
    const auto masked = net(conv + code, tensors);
    const Arguments tall = {normal({3, 9, 8}, 2)}, wide = {normal({3, 6, 12}, 3)};
    const auto result =
        compact(masked, {{normal({3, 8, 8}, 1)}, tall}, {1e-5, gathers ? "always" : "off", false});
    CHECK(compare_outputs(masked, reloaded(result.module), wide).relative < 1e-5);
    return shapes(result.module);
  };
  CHECK(
      check("  return torch.conv2d(torch.relu(y) * self.activation_mask, self.w2)\n").at("w1")[0] ==
      2);
  CHECK(
      check("  z = torch.conv2d(y, self.w3, None, [1, 1], [1, 1], [1, 1], 4)\n"
            "  return torch.conv2d(torch.max_pool2d(z, [2, 2]) * self.activation_mask, self.w2)\n",
            {{"w3", w(4, 1)}})
          .at("w1")[0] == 2);
  CHECK(check("  z = torch.conv_transpose2d(y, self.w3) * self.activation_mask\n"
              "  return torch.conv2d(z, self.w2)\n",
              {{"w3", w(4, 4)}})
            .at("w3")[1] == 2);
  const auto branch =
      "  z = torch.conv2d(y * self.activation_mask, self.w2)\n"
      "  return z + torch.conv2d(y, self.w3)\n";
  CHECK(check(branch, {{"w3", w(5, 4)}}, /*gathers=*/true).at("w2")[1] == 2);
}

TEST_CASE("a mask along the rows of one sample is none of its channels", "[compact]") {
  const auto masked = net("  return torch.conv2d(x * self.activation_mask, self.w2)\n",
                          {{"activation_mask", mask(4, {0, 2}, 1)}, {"w2", w(5, 4)}});
  const auto result = compact(masked, {{normal({4, 4, 6}, 1)}, {normal({4, 4, 8}, 2)}});
  CHECK(compare_outputs(masked, reloaded(result.module), {normal({4, 4, 7}, 3)}).relative < 1e-5);
}

TEST_CASE("a mask that varies within planes removes those that it drops whole", "[compact]") {
  at::Tensor plane = mask(4, {2}, 2).expand({4, 6, 6}).clone();
  plane[0][1][1] = 0;
  const auto masked =
      net(conv + "  return torch.conv2d(y * self.activation_mask, self.w2, None)\n",
          {{"w1", w(4, 3)}, {"b1", weight({4})}, {"activation_mask", plane}, {"w2", w(5, 4)}});
  const auto small = shapes(compacted(masked, {3, 6, 6}).module);
  CHECK(small.at("w1")[0] == 3);
  CHECK(small.at("activation_mask") == std::vector<int64_t>{3, 6, 6});
}

TEST_CASE("a mask of other numbers goes into the columns", "[compact]") {
  const auto factors = tensor1d({0.5, 0, 2, 1}).to(at::kFloat).view({4, 1, 1});
  const auto masked =
      net(conv + "  return torch.conv2d(y * self.activation_mask, self.w2, None)\n",
          {{"w1", w(4, 3)}, {"b1", weight({4})}, {"activation_mask", factors}, {"w2", w(5, 4)}});
  const auto small = shapes(compacted(masked, {3, 6, 6}).module);
  CHECK(small.at("w1")[0] == 3);
  CHECK(small.count("activation_mask") == 0);
}
