// Attention, in the forms that models write it in: heads go, and channels within all heads.
#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

constexpr int64_t width = 8, heads = 4, channels = 4, all = heads * channels;

struct Form {
  std::string name, code;  ///< z [N, L, heads * channels] of q, k and v, which are [N, L, ...]
  int64_t key_heads = heads;
};

const std::string parted =
    "  q = q.view(n, l, 4, 4).transpose(1, 2)\n"
    "  k = k.view(n, l, 4, 4).transpose(1, 2)\n"
    "  v = v.view(n, l, 4, 4).transpose(1, 2)\n";
const std::string merged =
    "  q = q.transpose(0, 1).contiguous().view(l, n * 4, 4).transpose(0, 1)\n"
    "  k = k.transpose(0, 1).contiguous().view(l, n * 4, 4).transpose(0, 1)\n"
    "  v = v.transpose(0, 1).contiguous().view(l, n * 4, 4).transpose(0, 1)\n";
const std::string joined = "  z = z.transpose(1, 2).reshape(n, l, 16)\n";
const std::string unmerged =
    "  z = z.transpose(0, 1).contiguous().view(l, n, 16).transpose(0, 1)\n";
const std::string mixed = "  z = torch.matmul(torch.softmax(s, -1), v)\n" + joined;
const std::string scores = "  s = torch.matmul(q, k.transpose(2, 3)) / 2.0\n";

std::vector<Form> forms() {
  return {
      {"matmul", parted + scores + mixed},
      {"scale of sizes",
       parted + "  s = torch.matmul(q * (float(q.size(-1)) ** -0.5), k.transpose(-2, -1))\n" +
           mixed},
      {"bmm", merged +
                  "  s = torch.bmm(q, k.transpose(1, 2))\n"
                  "  z = torch.bmm(torch.softmax(s, -1), v)\n" +
                  unmerged},
      {"shapes unpacked", merged +
                              "  b, t, e = q.size()\n"
                              "  s = torch.bmm(q / (e * 1.0), k.transpose(1, 2))\n"
                              "  z = torch.bmm(torch.softmax(s, -1), v)\n" +
                              unmerged},
      {"baddbmm", merged +
                      "  m = torch.where(x[:, :, 0] > 0, -1.0, 0.0)\n"
                      "  m = m.view(n, 1, 1, l).expand(-1, 4, -1, -1).reshape(n * 4, 1, l)\n"
                      "  s = torch.baddbmm(m, q, k.transpose(1, 2))\n"
                      "  z = torch.bmm(torch.softmax(s, -1), v)\n" +
                      unmerged},
      {"mask repeated", merged +
                            "  m = torch.where(x[:, :, 0] > 0, -1.0, 0.0)[:, None]\n"
                            "  s = torch.bmm(q, k.transpose(1, 2))\n"
                            "  s = s + m.repeat_interleave(4, 0)\n"
                            "  z = torch.bmm(torch.softmax(s, -1), v)\n" +
                            unmerged},
      {"parted again", merged +
                           "  s = torch.bmm(q, k.transpose(1, 2)).view(n, 4, l, l)\n"
                           "  s = s.masked_fill(x[:, None, None, :, 0] > 0, -1.0)\n"
                           "  s = torch.softmax(s, -1).view(n * 4, l, l)\n"
                           "  z = torch.bmm(s, v)\n" +
                           unmerged},
      {"einsum",
       "  q = q.view(n, l, 4, 4)\n  k = k.view(n, l, 4, 4)\n  v = v.view(n, l, 4, 4)\n"
       "  s = torch.einsum('bqhd,bkhd->bhqk', [q, k])\n"
       "  z = torch.einsum('...hqk,...khd->...qhd', [torch.softmax(s, -1), v])\n"
       "  z = z.reshape(n, l, -1)\n"},
      {"bias of heads", parted + scores + "  s = s + self.bias\n" + mixed},
      {"norms of heads", parted +
                             "  q = torch.layer_norm(q, [4])\n"
                             "  k = k * torch.rsqrt(k.pow(2).mean(-1, keepdim=True) + 0.1)\n" +
                             scores + mixed},
      {"rotary, halves", parted +
                             "  a = torch.arange(l)[:, None] * torch.arange(2)[None, :] * 0.5\n"
                             "  a = torch.cat([a, a], -1)\n"
                             "  c = torch.cos(a)\n  d = torch.sin(a)\n"
                             "  q = q * c + torch.cat([-q[..., 2:], q[..., :2]], -1) * d\n"
                             "  k1, k2 = k.chunk(2, -1)\n"
                             "  k = k * c + torch.cat([-k2, k1], -1) * d\n" +
                             scores + mixed},
      {"rotary, pairs", parted +
                            "  a = torch.arange(l)[:, None] * torch.arange(2)[None, :] * 0.5\n"
                            "  q1, q2 = q.reshape(n, 4, l, 2, 2).unbind(-1)\n"
                            "  q = torch.stack([q1 * torch.cos(a) - q2 * torch.sin(a),"
                            " q1 * torch.sin(a) + q2 * torch.cos(a)], -1).flatten(3)\n"
                            "  k1 = k[..., ::2]\n  k2 = k[..., 1::2]\n"
                            "  k = torch.stack([k1 * torch.cos(a) - k2 * torch.sin(a),"
                            " k1 * torch.sin(a) + k2 * torch.cos(a)], -1).flatten(3)\n" +
                            scores + mixed},
      {"grouped, repeated",
       "  q = q.view(n, l, 4, 4).transpose(1, 2)\n"
       "  k = k.view(n, l, 2, 4).transpose(1, 2).repeat_interleave(2, 1)\n"
       "  v = v.view(n, l, 2, 4).transpose(1, 2).repeat_interleave(2, 1)\n" +
           scores + mixed,
       2},
      {"grouped, expanded",
       "  q = q.view(n, l, 4, 4).transpose(1, 2)\n"
       "  k = k.view(n, l, 2, 4).transpose(1, 2)[:, :, None].expand(n, 2, 2, l, 4)"
       ".reshape(n, 4, l, 4)\n"
       "  v = v.view(n, l, 2, 4).transpose(1, 2)[:, :, None].expand(n, 2, 2, l, 4)"
       ".reshape(n, 4, l, 4)\n" +
           scores + mixed,
       2},
      {"grouped, broadcast",
       "  q = q.view(n, l, 2, 2, 4).permute(0, 2, 3, 1, 4)\n"
       "  k = k.view(n, l, 2, 1, 4).permute(0, 2, 3, 1, 4)\n"
       "  v = v.view(n, l, 2, 1, 4).permute(0, 2, 3, 1, 4)\n"
       "  s = torch.matmul(q, k.transpose(3, 4))\n"
       "  z = torch.matmul(torch.softmax(s, -1), v).permute(0, 3, 1, 2, 4).reshape(n, l, 16)\n",
       2},
      {"one tensor for all three",
       "  p = torch.cat([q, k, v], 2).reshape(n, l, 3, 4, 4).permute(2, 0, 3, 1, 4)\n"
       "  q = p[0]\n  k = p[1]\n  v = p[2]\n" +
           scores + mixed},
      {"all three in each head",
       "  p = torch.cat([q.view(n, l, 4, 4), k.view(n, l, 4, 4), v.view(n, l, 4, 4)], 3)"
       ".transpose(1, 2)\n"
       "  q, k, v = p.chunk(3, -1)\n" +
           scores + mixed},
  };
}

torch::jit::Module attention(const Form& form, const std::vector<int64_t>& dropped) {
  const int64_t keys = form.key_heads * channels;
  return net(
      "  n = x.size(0)\n  l = x.size(1)\n"
      "  q = torch.linear(x, self.wq, self.bq)\n"
      "  k = torch.linear(x, self.wk, self.bk)\n"
      "  v = torch.linear(x, self.wv, self.bv)\n" +
          form.code + "  return torch.linear(z * self.activation_mask, self.wo, self.bo)\n",
      {{"wq", weight({all, width}, 1)},
       {"bq", weight({all}, 1)},
       {"wk", weight({keys, width}, 2)},
       {"bk", weight({keys}, 2)},
       {"wv", weight({keys, width}, 3)},
       {"bv", weight({keys}, 3)},
       {"bias", weight({heads, 1, 1})},
       {"activation_mask", mask(all, dropped, 0)},
       {"wo", weight({width, all}, 4)},
       {"bo", weight({width}, 4)}});
}

std::vector<int64_t> rows(const Compacted& result) {
  const auto sizes = shapes(result.module);
  return {sizes.at("wq")[0], sizes.at("wk")[0], sizes.at("wv")[0], sizes.at("wo")[1]};
}

using Rows = std::vector<int64_t>;

}  // namespace

TEST_CASE("heads whose channels are all masked go", "[compact]") {
  for (const Form& form : forms()) {
    INFO(form.name);
    const int64_t left = form.key_heads * channels / 2;
    const auto result = compacted(attention(form, {0, 1, 2, 3, 4, 5, 6, 7}), {5, width});
    CHECK(rows(result) == Rows{8, left, left, 8});
    CHECK(result.masks[0].removed == 8);
  }
}

TEST_CASE("a channel that is masked in all heads goes from values and output", "[compact]") {
  for (const Form& form : forms()) {
    INFO(form.name);
    const bool is_shared = form.name == "one tensor for all three";  // its parts keep the same
    const auto result = compacted(attention(form, {1, 5, 9, 13}), {5, width});
    const int64_t left = form.key_heads * (channels - 1);
    if (is_shared)
      CHECK(rows(result) == Rows{all, all, all, all});
    else
      CHECK(rows(result) == Rows{all, form.key_heads * channels, left, all - 4});
  }
}

TEST_CASE("heads that keep a channel stay", "[compact]") {
  for (const Form& form : forms()) {
    INFO(form.name);
    const int64_t keys = form.key_heads * channels;
    CHECK(rows(compacted(attention(form, {0, 1, 2, 6, 7, 8, 13}), {5, width})) ==
          Rows{all, keys, keys, all});
  }
}

TEST_CASE("with its modules and gathering, too", "[compact]") {
  for (const Form& form : forms()) {
    INFO(form.name);
    const auto result =
        compacted(attention(form, {0, 1, 2, 3, 4, 5, 6, 7}), {5, width}, {1e-5, "always", true});
    CHECK(rows(result)[0] == 8);
  }
}
