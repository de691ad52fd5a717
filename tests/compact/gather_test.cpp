// Layers that need fewer channels than others keep pick their own.
#include "compact/flat_model.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;

namespace {

CompactOptions gathering(const std::string& gather) { return {1e-5, gather, false}; }

// Two layers read y; each masks other channels, so all of y must stay.
torch::jit::Module two_readers(int64_t outputs, int64_t kernel) {
  return net(
      "  y = torch.relu(torch.conv2d(x, self.w1, self.b1))\n"
      "  a = torch.conv2d(y * self.activation_mask, self.w2, self.b2)\n"
      "  return torch.cat([a, torch.conv2d(y * self.activation_mask_1, self.w3, self.b2)], 1)\n",
      {{"w1", weight({8, 3, 3, 3})},
       {"b1", weight({8})},
       {"activation_mask", mask(8, {0, 3, 4}, 2)},
       {"activation_mask_1", mask(8, {1, 2, 5, 6, 7}, 2)},
       {"w2", weight({outputs, 8, kernel, kernel})},
       {"w3", weight({outputs, 8, kernel, kernel}, 2)},
       {"b2", weight({outputs})}});
}

// A sum that needs less than both of its operands, which others read too.
torch::jit::Module sum_of_two() {
  return net(
      "  a = torch.conv2d(x, self.wa)\n"
      "  b = torch.conv2d(x, self.wb)\n"
      "  c = torch.conv2d(torch.relu(a + b) * self.activation_mask, self.wc)\n"
      "  return c + torch.conv2d(a, self.wd) + torch.conv2d(b * self.activation_mask_1, self.we)\n",
      {{"wa", weight({8, 3, 1, 1})},
       {"wb", weight({8, 3, 1, 1}, 2)},
       {"wc", weight({4, 8, 1, 1})},
       {"wd", weight({4, 8, 1, 1}, 2)},
       {"we", weight({4, 8, 1, 1}, 3)},
       {"activation_mask", mask(8, {0, 1, 2, 3}, 2)},
       {"activation_mask_1", mask(8, {2, 3, 4, 5}, 2)}});
}

int64_t selects(const Compacted& result) {
  const FlatModel flat = flatten(result.module, "forward");
  int64_t count = 0;
  for (const auto* node : flat.graph->nodes()) count += node->kind() == c10::aten::index_select;
  return count;
}

}  // namespace

TEST_CASE("a layer picks the channels that it reads", "[compact]") {
  const auto masked = two_readers(4, 1);
  const auto off = compacted(masked, {3, 8, 8}, gathering("off"));
  CHECK(shapes(off.module).at("w2") == std::vector<int64_t>{4, 8, 1, 1});
  CHECK(off.gathered_bytes == 0);
  const auto always = compacted(masked, {3, 8, 8}, gathering("always"));
  const auto small = shapes(always.module);
  CHECK(small.at("w1")[0] == 8);
  CHECK(small.at("w2") == std::vector<int64_t>{4, 5, 1, 1});
  CHECK(small.at("w3") == std::vector<int64_t>{4, 3, 1, 1});
  CHECK(small.count("activation_mask") == 0);  // nothing is multiplied any more
  CHECK(selects(always) == 2);
  CHECK(always.gathered_bytes == 4 * 2 * (5 + 3) * 36);
  CHECK(always.macs_after < off.macs_after);
}

TEST_CASE("auto picks where that saves more than it costs", "[compact]") {
  CHECK(selects(compacted(two_readers(4, 1), {3, 8, 8}, gathering("auto"))) == 0);
  // 5 of 8 channels for 64 outputs of 3 x 3 taps: not quite enough; 3 of 8 is.
  CHECK(selects(compacted(two_readers(64, 3), {3, 12, 12}, gathering("auto"))) == 2);
}

TEST_CASE("a sum takes of its operands what it needs", "[compact]") {
  const auto off = compacted(sum_of_two(), {3, 4, 4}, gathering("off"));
  CHECK(shapes(off.module).at("wb")[0] == 8);
  const auto always = compacted(sum_of_two(), {3, 4, 4}, gathering("always"));
  // a is read as a whole; of b the sum needs 4 to 7, the other layer 0, 1, 6 and 7.
  CHECK(shapes(always.module).at("wa")[0] == 8);
  CHECK(shapes(always.module).at("wb")[0] == 6);
  CHECK(selects(always) == 3);
}

TEST_CASE("a sum picks of an operand that is one whole", "[compact]") {
  const auto masked =
      net("  y = x + torch.conv2d(x, self.w1)\n"
          "  return torch.conv2d(y * self.activation_mask, self.w2)\n",
          {{"w1", weight({8, 8, 1, 1})},
           {"w2", weight({4, 8, 1, 1})},
           {"activation_mask", mask(8, {0, 1, 2, 3}, 2)}});
  const auto small = compacted(masked, {8, 4, 4}, gathering("always"));
  CHECK(shapes(small.module).at("w1") == std::vector<int64_t>{4, 8, 1, 1});
  CHECK(selects(small) == 1);
}

TEST_CASE("where all that is masked goes, nothing is picked", "[compact]") {
  const auto masked =
      net("  y = torch.conv2d(x, self.w1)\n"
          "  return torch.conv2d(y * self.activation_mask, self.w2)\n",
          {{"w1", weight({8, 3, 1, 1})},
           {"w2", weight({64, 8, 1, 1})},
           {"activation_mask", mask(8, {0, 1, 2, 3}, 2)}});
  CHECK(selects(compacted(masked, {3, 4, 4}, gathering("always"))) == 0);
}

TEST_CASE("factors of a mask that are neither 0 nor 1 go into the picked columns", "[compact]") {
  auto masked = two_readers(4, 1);
  auto factors = mask(8, {0, 3, 4}, 2);
  factors[1] = 0.5;
  masked.setattr("activation_mask", factors);
  const auto always = compacted(masked, {3, 8, 8}, gathering("always"));
  CHECK(shapes(always.module).count("activation_mask") == 0);
}
