// Each rule on a graph of its own: the whole graph before and after stands in graphs.txt, and the
// answers are compared. ACTSPARSE_WRITE_GRAPHS=1 writes the file anew, to be read before it is
// committed.
#include <ATen/TensorOperators.h>

#include <cstdlib>

#include "compact/flat_text.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

// What is done with y, six channels of planes that a convolution makes; z is masked and read.
struct Case {
  std::string code;
  Tensors tensors = {};
  int64_t read = 6;  ///< channels of z
  std::string gather = "off";
};

Tensors norm() {
  return {{"g", weight({6}, 3)},
          {"b", weight({6}, 4)},
          {"mean_mask", weight({6}, 6)},
          {"var_mask", weight({6}, 5).abs() + 0.5}};
}

std::vector<Case> cases() {
  return {
      {"z = torch.conv2d(y, self.w, self.b)", {{"w", weight({6, 6, 1, 1})}, {"b", weight({6}, 2)}}},
      {"z = torch.conv2d(y, self.w, self.b, [1, 1], [1, 1], [1, 1], 6)",
       {{"w", weight({6, 1, 3, 3})}, {"b", weight({6}, 2)}}},
      {"z = torch.conv2d(y, self.w, None, [1, 1], [0, 0], [1, 1], 3)",
       {{"w", weight({6, 2, 1, 1})}}},
      {"z = torch.conv_transpose2d(y, self.w, self.b)",
       {{"w", weight({6, 6, 2, 2})}, {"b", weight({6}, 2)}}},
      {"z = torch.conv1d(y.flatten(2), self.w).unsqueeze(3)", {{"w", weight({6, 6, 1})}}},
      {"z = torch.linear(y.permute(0, 2, 3, 1), self.w, self.b).permute(0, 3, 1, 2)",
       {{"w", weight({6, 6})}, {"b", weight({6}, 2)}}},
      {"z = torch.addmm(self.b, y.mean([2, 3]), self.w)[:, :, None, None]",
       {{"w", weight({6, 6})}, {"b", weight({6}, 2)}}},
      {"z = torch.matmul(y.mean([2, 3]), self.w)[:, :, None, None]", {{"w", weight({6, 6})}}},
      {"z = torch.relu(y)"},
      {"z = torch.hardswish(torch.sigmoid(y))"},
      {"z = 2 * torch.clamp(y, -1, 1) + 1"},
      {"z = y * self.s + self.t", {{"s", weight({6, 1, 1})}, {"t", weight({1, 6, 1, 1})}}},
      {"z = y + torch.tanh(y)"},
      {"z = y + torch.conv2d(x[:, :, 1:7, 1:7], self.w)",
       {{"w", weight({6, 3, 1, 1})}},
       6,
       "always"},
      {"z = y * torch.sigmoid(torch.conv2d(y.mean([2, 3], True), self.w))",
       {{"w", weight({6, 6, 1, 1})}}},
      {"z = torch.prelu(y, self.a)", {{"a", weight({6})}}},
      {"z = torch.max_pool2d(y, [2, 2])"},
      {"z = torch.adaptive_avg_pool2d(y, [2, 2])"},
      {"z = torch.mean(y, [2, 3], True)"},
      {"z = torch.amax(y, [3], True)"},
      {"z = torch.batch_norm(y, self.g, self.b, self.mean_mask, self.var_mask, False, 0.1, 1e-5, "
       "True)",
       norm()},
      {"z = torch.instance_norm(y, self.g, self.b, None, None, True, 0.1, 1e-5, True)", norm()},
      {"z = torch.group_norm(y, 3, self.g, self.b)", norm()},
      {"z = torch.layer_norm(y, [6, 6])"},
      {"z = torch.softmax(y, 3)"},
      {"z = y.permute(0, 2, 3, 1).transpose(1, 2).permute(0, 3, 1, 2)"},
      {"z = torch.flatten(y, 2).unsqueeze(1).squeeze(1).view([-1, 6, 6, 6])"},
      {"z = y.view([y.size(0), 6, 36]).reshape(y.size())"},
      {"z = torch.mean(y, [2, 3], True).expand([-1, 6, 4, 4])"},
      {"z = torch.cat([y, torch.relu(y)], 1)", {}, 12},
      {"z = torch.stack([y, torch.relu(y)], 1).select(1, 0)"},
      {"a, b = torch.chunk(y, 2, 1)\n  z = torch.cat([b, a], 1)"},
      {"a, b, c = torch.split(y, 2, 1)\n  z = torch.cat([c, a, b], 1)"},
      {"z = y[:, 2:5]", {}, 3},
      {"z = torch.index_select(y, 1, self.index_mask)",
       {{"index_mask", tensor1d({5, 4, 3, 2}).to(at::kLong)}},
       4},
      {"z = torch.constant_pad_nd(y, [1, 1])"},
      {"z = torch.reflection_pad2d(y, [1, 1, 1, 1])"},
      {"z = torch.pad(y, [1, 1])"},
      {"z = torch.pad(y, [1, 1, 1, 1], \"reflect\")"},
      {"z = torch.rsub(y, 1)"},
      {"z = torch.flip(torch.roll(y, [1], [2]), [3])"},
      {"f = [y]\n  f.append(torch.relu(y))\n  z = f[0] + f[1]"},
      {"f = [y, y]\n  f[1] = torch.relu(y)\n  z = f[0] + f[1]"},
      {"d = {'a': y}\n  d['b'] = torch.relu(d['a'])\n  z = d['a'] + d['b']"},
      {"u = torch.tanh(y)\n  z = -u\n  if u.dim() == 4:\n    z = torch.relu(u)"},
      {"z = torch.relu_(y)\n  z += torch.conv2d(x[:, :, 1:7, 1:7], self.w)",
       {{"w", weight({6, 3, 1, 1})}}},
      {"z = y.detach().clone().contiguous()"},
      {"z = torch.lstm(y.mean(3).transpose(1, 2) * self.activation_mask.view([1, 1, 6]), "
       "[torch.zeros([1, x.size(0), 6]), torch.zeros([1, x.size(0), 6])], "
       "[self.wi, self.wh, self.b, self.b], True, 1, 0.0, False, False, True)[0]"
       ".transpose(1, 2).unsqueeze(3)",
       {{"wi", weight({24, 6})}, {"wh", weight({24, 6}, 2)}, {"b", weight({24})}}},
      {"z = torch.glu(y, 1)", {}, 3},
      {"z = torch.glu(y, 3)"},
      {"z = torch.where(y > 0, y, torch.zeros_like(y))"},
      {"z = torch.where(y > self.t, y, torch.full_like(y, 0.5))", {{"t", weight({6, 1, 1})}}},
      {"z = torch.masked_fill(y, torch.ones_like(y) > y, 0)"},
      {"z = torch.lerp(y, torch.tanh(y), 0.5)"},
      {"z = torch.max(y, torch.tanh(y))"},
      {"z, at = torch.max(y, 3, True)"},
      {"z, at = torch.topk(y, 2, 3)"},
      {"z = torch.cumsum(torch.std(y, [2], True, True), 3)"},
      {"z = torch.constant_pad_nd(y[:, :, ::2, ::2], [0, 0, 0, 0, 1, 2])", {}, 9},
      {"z = torch.cat([y[:, ::2], y[:, 1::2]], 1)"},
      {"z = torch.narrow(y, 1, 2, 3)", {}, 3},
      {"z = y * torch.relu(y.select(1, 5)).unsqueeze(1)"},
      {"z = y * torch.sigmoid(torch.mean(y, [2, 3], True)).expand_as(y)"},
      {"z = torch.pixel_shuffle(torch.conv2d(y, self.w), 2)", {{"w", weight({12, 6, 1, 1})}}, 3},
      {"z = torch.embedding(self.e, x[:, 0].mul(4).round().clamp(0, 4).to(4))"
       ".permute(0, 3, 1, 2)",
       {{"e", weight({5, 6})}}},
      {"z = torch.conv2d(y, self.w, None, [1, 1], \"same\")", {{"w", weight({6, 6, 3, 3})}}},
      {"z = torch._convolution_mode(y, self.w, None, [1, 1], \"same\", [1, 1], 1)",
       {{"w", weight({6, 6, 3, 3})}}},
      {"z = torch.matmul(torch.softmax(y, 3), torch.tanh(y))"},
      {"z = torch.matmul(y.flatten(2), y.flatten(2).transpose(1, 2))[:, :, :, None]"},
      {"m = y.view(y.size(0) * 6, 6, 6)\n  z = torch.bmm(m, m).view([-1, 6, 6, 6])"},
      {"m = y.reshape([-1, 6, 6])\n  z = torch.baddbmm(m, m, m).view([-1, 6, 6, 6])"},
      {"z = torch.einsum('bhij,bhkj->bhik', [y, torch.tanh(y)])"},
      {"z = torch.mean(y, [1], True).expand([-1, 6, 6, 6])"},
      {"z = torch.mean(y, [1], True).repeat_interleave(6, 1)"},
      {"z = y * self.e[(x[:, 0].mul(4).round().clamp(0, 4).to(4))].permute(0, 3, 1, 2)"
       "[:, :, 1:7, 1:7]",
       {{"e", weight({5, 6})}}},
      {"z = y[:, :, torch.arange(y.size(2) - 1)]"},
      {"z = y * self.e[self.picks_mask.logical_and(x.sum() < 1e9)][:, None, None]",  // elements,
                                                                                     // not rows: as
                                                                                     // many as
                                                                                     // columns
       {{"e", weight({5, 6})},
        {"picks_mask", tensor1d({1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1,
                                 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
                           .view({5, 6})
                           .to(at::kBool)}}},
      {"z = torch.logcumsumexp(y, 2)"},  // no rule
  };
}

std::string section(const Case& each) {
  const std::vector<int64_t> dropped =
      each.read == 3 ? std::vector<int64_t>{0, 2} : std::vector<int64_t>{0, 2, 3};
  Tensors tensors = {{"w1", weight({6, 3, 3, 3})},
                     {"b1", weight({6})},
                     {"activation_mask", mask(each.read, dropped, 2)},
                     {"w2", weight({4, each.read, 1, 1})}};
  tensors.insert(tensors.end(), each.tensors.begin(), each.tensors.end());
  const auto masked = net("  y = torch.conv2d(x, self.w1, self.b1)\n  " + each.code +
                              "\n  return torch.conv2d(z * self.activation_mask, self.w2)\n",
                          tensors);
  const auto small = compacted(masked, {3, 8, 8}, {1e-5, each.gather, false});
  return "==== " + each.code + "\n---- before\n" + flat_text(masked) + "---- after\n" +
         flat_text(small.module) + "\n";
}

}  // namespace

TEST_CASE("each rule makes of its graph the one that it should", "[compact]") {
  const auto file = source_dir() / "tests" / "compact" / "graphs.txt";
  const bool writes = std::getenv("ACTSPARSE_WRITE_GRAPHS") != nullptr;
  const std::string expected = writes ? "" : read_file(file);
  std::string all;
  for (const auto& each : cases()) {
    const std::string found = section(each);
    CAPTURE(found);
    if (!writes) CHECK(contains(expected, found));
    all += found;
  }
  if (writes) write_file(file, all);
  CHECK((writes || all == expected));  // and nothing more
}
