#include "compact/attention_nets.h"

#include <ATen/TensorOperators.h>

#include <cmath>

#include "compact/attention_text.h"
#include "support/models.h"

namespace actsparse {
namespace {

using Factors = std::vector<double>;

constexpr int64_t words = 11;

class AttentionWriter : private AttentionText {
 public:
  AttentionWriter(uint64_t seed, HeadMasks masks) : AttentionText(seed), masks_(masks) {}

  AttentionNet write() {
    width_ = 2 * pick(1, 6);
    stream_ = random_factors(width_);
    start();
    const int64_t blocks = pick(1, 3);
    for (int64_t i = 0; i < blocks; ++i) block();
    finish();
    auto module = close("x: Tensor, tokens: Tensor, padding: Tensor");
    module.to(at::kDouble);
    return {module, text()};
  }

 private:
  // ---- masks and linear layers ----

  Factors random_factors(int64_t channels) {
    const double sparsity = fraction();
    Factors factors(channels);
    for (auto& factor : factors) factor = fraction() < sparsity ? 0 : 1;
    return factors;
  }
  static at::Tensor as_mask(const Factors& factors) { return tensor1d(factors).to(at::kFloat); }

  std::string masked_stream(const std::string& value) {
    if (masks_ == HeadMasks::Aligned || chance(3)) return value;
    return value + " * " + add("mask", as_mask(chance(2) ? stream_ : random_factors(width_)));
  }

  std::string masked_hidden(const std::string& value, int64_t channels) {
    if (masks_ == HeadMasks::Aligned || chance(3)) return value;
    return value + " * " + add("mask", as_mask(random_factors(channels)));
  }

  // Of `parts` numbers at least one 1, else one that keeps all.
  Factors some(int64_t parts) {
    Factors factors = random_factors(parts);
    for (const double factor : factors)
      if (factor != 0) return factors;
    return Factors(parts, 1);
  }

  // [heads * value]: one factor for each part of heads, one for each channel of a head.
  Factors by_heads(const Factors& of_parts, const Factors& of_channels) const {
    const int64_t heads_of_part = h_.heads / static_cast<int64_t>(of_parts.size());
    Factors factors;
    for (int64_t head = 0; head < h_.heads; ++head)
      for (const double channel : of_channels)
        factors.push_back(of_parts[head / heads_of_part] * channel);
    return factors;
  }

  std::string masked_heads(const std::string& value) {
    const bool any = masks_ == HeadMasks::Any;
    const int64_t kind = any ? pick(0, 4) : h_.is_packed ? 0 : pick(0, 2);
    const int64_t parts = any || h_.groups == 1 ? h_.heads : h_.groups;
    if (kind == 4) return value;
    if (kind == 3) return value + " * " + add("mask", as_mask(random_factors(h_.heads * h_.value)));
    const Factors of_parts = kind == 1 ? Factors(parts, 1) : some(parts);
    const Factors of_channels = kind == 0 ? Factors(h_.value, 1) : some(h_.value);
    return value + " * " + add("mask", as_mask(by_heads(of_parts, of_channels)));
  }

  std::string linear(const std::string& value, int64_t in, int64_t out) {
    const auto weight = add("w", numbers({out, in}) / std::sqrt(static_cast<double>(in)));
    const auto bias = chance(3) ? "None" : add("b", numbers({out}) * 0.3);
    return "torch.linear(" + value + ", " + weight + ", " + bias + ")";
  }

  // name = linear(masked(from)), in place or as a layer.
  template <class Mask>
  void layer(const std::string& name, const std::string& from, int64_t in, int64_t out,
             Mask&& mask) {
    if (chance(2)) return line(name + " = " + linear(mask(from), in, out));
    const auto call = submodule("x: Tensor", [&] { line("x = " + linear(mask("x"), in, out)); });
    line(name + " = " + call + "(" + from + ")");
  }
  void from_stream(const std::string& name, const std::string& from, int64_t out) {
    layer(name, from, width_, out, [&](const std::string& value) { return masked_stream(value); });
  }

  // ---- the frame: what comes in, blocks, what goes out ----

  void start() {
    line("y = torch.tanh(torch.linear(x[:, 1:], " + add("w", numbers({width_, 3})) + "))");
    is_language_ = chance(2);
    table_ = add("words", numbers({words, width_}));
    if (is_language_)
      line("x = torch.embedding(" + table_ + ", tokens) + " +
           add("positions", numbers({8, width_})) + "[:x.size(1)]");
    else
      line("x = torch.linear(x, " + add("w", numbers({width_, 3})) + ")");
  }

  void finish() {
    line("x = " + normed("x", width_));
    if (is_language_ && chance(2)) return line("return torch.matmul(x, torch.t(" + table_ + "))");
    if (chance(2)) line(any({"x = torch.mean(x, 1)", "x = x[:, 0]"}));
    from_stream("x", "x", 5);
    line("return x");
  }

  // Its own lines, or a module that may be called again.
  void block() {
    const auto parts = [&] {
      attention(chance(4));
      if (chance(2)) hidden_units();
    };
    if (chance(2)) return parts();
    const auto call = submodule("x: Tensor, y: Tensor, padding: Tensor", parts);
    line("x = " + call + "(x, y, padding)");
    if (masks_ == HeadMasks::Any && chance(4)) line("x = " + call + "(x, y, padding)");
  }

  std::string normed(const std::string& value, int64_t width) {
    const auto weight = add("g", numbers({width}).abs() + 0.5);
    if (chance(2))
      return value + " * torch.rsqrt(torch.mean(" + value + " * " + value +
             ", -1, True) + 1e-5) * " + weight;
    return "torch.layer_norm(" + value + ", [" + std::to_string(width) + "], " + weight + ", " +
           add("b", numbers({width}) * 0.3) + ")";
  }

  void hidden_units() {
    const int64_t hidden = pick(3, 12);
    const bool is_gated = chance(2);
    line("h = " + normed("x", width_));
    from_stream("a", "h", hidden);
    if (is_gated) from_stream("b", "h", hidden);
    line(is_gated ? "a = a * torch.sigmoid(a) * b"
                  : any({"a = torch.relu(a)", "a = torch.gelu(a)"}));
    layer("a", "a", hidden, width_,
          [&](const std::string& value) { return masked_hidden(value, hidden); });
    line("x = x + a");
  }

  // ---- attention ----

  void attention(bool is_cross) {
    draw_heads();
    const bool norms_first = chance(2);
    line("h = " + (norms_first ? normed("x", width_) : "x"));
    if (is_cross || chance(2))
      separate(is_cross ? "y" : "h");
    else
      fused();
    line(is_cross ? "hidden = padding[:, 1:]" : "hidden = padding");
    line("n, l, m = q.size(0), q.size(1), k.size(1)");
    for (const std::string name : {"q", "k"}) prepare(name);
    products();
    out(norms_first);
  }

  void draw_heads() {
    h_.heads = pick(1, 4);
    h_.groups = h_.heads % 2 == 0 && chance(2) ? pick(1, 2) * h_.heads / 4 : h_.heads;
    if (h_.groups == 0) h_.groups = 1;
    h_.width = 2 * pick(1, 3);
    h_.value = chance(3) ? pick(1, 5) : h_.width;
    h_.is_normed = chance(4);
    h_.is_rotated = chance(3);
    h_.is_packed = false;
    h_.layout = any({"nlhd", "nhld", "merged"});
  }

  // q, k [N, L, heads, width] and v [N, L, groups, value]
  void separate(const std::string& source) {
    from_stream("q", "h", h_.heads * h_.width);
    from_stream("k", source, h_.groups * h_.width);
    from_stream("v", source, h_.groups * h_.value);
    part();
  }

  void part() {
    line("q = q.view(q.size(0), q.size(1), {H}, {D})");
    line("k = k.view(k.size(0), k.size(1), {G}, {D})");
    line(
        any({"v = v.view(v.size(0), v.size(1), {G}, {V})", "v = v.view(v.size(0), -1, {G}, {V})"}));
  }

  void fused() {
    from_stream("f", "h", h_.heads * h_.width + h_.groups * (h_.width + h_.value));
    h_.is_packed = h_.groups == h_.heads && h_.value == h_.width && chance(2);
    if (h_.is_packed)
      return line(any({"q, k, v = f.view(f.size(0), f.size(1), 3, {H}, {D}).unbind(2)",
                       "q, k, v = torch.chunk(f.view(f.size(0), f.size(1), {H}, -1), 3, -1)",
                       "f = f.reshape(f.size(0), f.size(1), 3, {H}, {D}).permute(2, 0, 1, 3, 4)\n"
                       "  q, k, v = f[0], f[1], f[2]"}));
    if (chance(2))
      line("q, k, v = torch.split_with_sizes(f, [{HD}, {GD}, {GV}], -1)");
    else
      line("q, k, v = f[:, :, :{HD}], f[:, :, {HD}:{HD} + {GD}], f[:, :, {HD} + {GD}:]");
    part();
  }

  // A norm of each head, positions as rotations, a mask of the same channels of every head.
  void prepare(const std::string& name) {
    if (h_.is_normed) line(name + " = " + normed(name, h_.width));
    if (h_.is_rotated) rotate(name);
    if (masks_ == HeadMasks::Any && chance(5))
      line(name + " = " + name + " * " + add("mask", as_mask(some(h_.width))));
  }

  void rotate(const std::string& name) {
    const auto cosine = add("cos", numbers({8, 1, h_.width})),
               sine = add("sin", numbers({8, 1, h_.width}));
    if (chance(2)) {
      line("a, b = torch.chunk(" + name + ", 2, -1)");
      line("a = torch.cat([-b, a], -1)");
    } else {
      line("a = torch.stack([-" + name + "[..., 1::2], " + name + "[..., ::2]], -1).flatten(-2)");
    }
    line(name + " = " + name + " * " + cosine + "[:" + name + ".size(1)] + a * " + sine +
         "[:" + name + ".size(1)]");
  }

  void out(bool norms_first) {
    if (chance(5)) {
      from_stream("a", "h", h_.heads * h_.value);
      line("c = c * torch.sigmoid(a)");
    }
    layer("c", "c", h_.heads * h_.value, width_,
          [&](const std::string& value) { return masked_heads(value); });
    line(any({"x = x + c", "x = c + x"}));
    if (!norms_first) line("x = " + normed("x", width_));
  }

  HeadMasks masks_;
  int64_t width_ = 0;  // of the residual stream
  Factors stream_;     // the mask that readers of the stream may agree on
  bool is_language_ = false;
  std::string table_;
};

}  // namespace

AttentionNet attention_net(uint64_t seed, HeadMasks masks) {
  return AttentionWriter(seed, masks).write();
}

std::vector<c10::IValue> attention_batch(int64_t samples, int64_t length) {
  const auto x = normal({samples, length, 3}, samples + 100 * length).to(at::kDouble);
  const auto tokens = (x.select(2, 0) * 1000).to(at::kLong).abs().remainder(words);
  auto padding = x.select(2, 1).gt(0.7);
  padding.slice(1, 0, 2).fill_(false);
  return {x, tokens, padding};
}

}  // namespace actsparse
