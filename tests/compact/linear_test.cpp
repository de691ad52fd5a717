#include "compact/nets.h"
#include "support/catch.h"

using namespace actsparse;

TEST_CASE("hidden units of linear layers go, written as linear, addmm or matmul", "[compact]") {
  const auto masked =
      net("  y = torch.relu(torch.linear(x, self.w1, self.b1)) * self.m1_mask\n"
          "  y = torch.addmm(self.b2, y, torch.t(self.w2)) * self.m2_mask\n"
          "  return torch.matmul(y, self.w3)\n",
          {{"w1", weight({6, 3})},
           {"b1", weight({6})},
           {"m1_mask", mask(6, {0, 5}, 0)},
           {"w2", weight({5, 6})},
           {"b2", weight({5})},
           {"m2_mask", mask(5, {2}, 0)},
           {"w3", weight({5, 2})}});
  const auto small = shapes(compacted(masked, {3}).module);
  CHECK(small.at("w1") == std::vector<int64_t>{4, 3});
  CHECK(small.at("b1") == std::vector<int64_t>{4});
  CHECK(small.at("b2") == std::vector<int64_t>{4});
  CHECK(small.at("w3") == std::vector<int64_t>{4, 2});
}

TEST_CASE("a linear layer after a flatten loses whole planes", "[compact]") {
  const auto masked =
      net("  y = torch.conv2d(x, self.w1, None)\n"
          "  return torch.linear(torch.flatten(y, 1) * self.activation_mask, self.w2)\n",
          {{"w1", weight({3, 2, 1, 1})},
           {"activation_mask", mask(12, {0, 4, 5, 6, 7}, 0)},
           {"w2", weight({2, 12})}});
  const auto result = compacted(masked, {2, 2, 2});
  CHECK(shapes(result.module).at("w1")[0] == 2);  // the plane 4..7
  CHECK(shapes(result.module).at("w2") == std::vector<int64_t>{2, 8});
  CHECK(result.masks[0].masked == 5);
  CHECK(result.masks[0].removed == 4);
}

TEST_CASE("a constant unit goes into the next bias", "[compact]") {
  const auto masked =
      net("  y = torch.linear(x, self.w1, self.b1) * self.m1_mask\n"
          "  return torch.linear(torch.sigmoid(y), self.w2, self.b2)\n",
          {{"w1", weight({6, 3})},
           {"b1", weight({6})},
           {"m1_mask", mask(6, {0, 5}, 0)},
           {"w2", weight({4, 6})},
           {"b2", weight({4})}});
  CHECK(shapes(compacted(masked, {3}).module).at("w2") == std::vector<int64_t>{4, 4});
}

TEST_CASE("LSTM and GRU lose input columns, in both directions, and nothing else", "[compact]") {
  const auto kind = GENERATE(std::string("lstm"), std::string("gru"));
  const int64_t gates = kind == "lstm" ? 4 : 3;
  const std::string state = kind == "lstm" ? "[h, h]" : "h";
  const std::string results = kind == "lstm" ? "y, _, _" : "y, _";
  Tensors tensors = {{"w0", weight({5, 3})}, {"activation_mask", mask(5, {1, 4}, 0)}};
  for (const char* way : {"f", "b"}) {
    tensors.emplace_back(std::string("ih") + way, weight({gates * 2, 5}, way[0]));
    tensors.emplace_back(std::string("hh") + way, weight({gates * 2, 2}, way[0]));
  }
  const auto masked =
      net("  h = torch.zeros([2, x.size(0), 2])\n"
          "  x = torch.linear(x, self.w0) * self.activation_mask\n"
          "  " +
              results + " = torch." + kind + "(x, " + state +
              ", [self.ihf, self.hhf, self.ihb, self.hhb], False, 1, 0.0, False, True, True)\n"
              "  return y\n",
          tensors);
  const auto small = shapes(compacted(masked, {4, 3}).module);
  CHECK(small.at("w0") == std::vector<int64_t>{3, 3});
  CHECK(small.at("ihf") == std::vector<int64_t>{gates * 2, 3});
  CHECK(small.at("ihb") == std::vector<int64_t>{gates * 2, 3});
  CHECK(small.at("hhb") == std::vector<int64_t>{gates * 2, 2});
}
