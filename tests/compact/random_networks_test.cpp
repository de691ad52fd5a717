// Random small networks with random masks: whatever is removed, the answers stay.
#include <ATen/TensorOperators.h>

#include <random>

#include "compact/compare.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

// Writes forward() line by line; `x` always holds the activation, `channels_` of them, a multiple
// of 4.
class Writer {
 public:
  explicit Writer(uint64_t seed) : random_(seed) {}

  torch::jit::Module write() {
    layers_.emplace_back("relu", layer("torch.relu_(x)", {}));  // in place, for whoever calls it
    conv(3, 8 * pick(1, 2));
    const int64_t blocks = pick(2, 5);
    for (int64_t i = 0; i < blocks; ++i) block();
    if (pick(0, 1) == 1) line("x = torch.max_pool2d(x, [2, 2])");
    if (pick(0, 1) == 1) {
      line("x = torch.mean(x, [2, 3])");
      linear(channels_);
    } else {
      line("x = torch.flatten(torch.adaptive_avg_pool2d(x, [2, 2]), 1)");
      linear(4 * channels_);
    }
    line("return x");
    return net(body_, tensors_, layers_);
  }

  const std::string& body() const { return body_; }

 private:
  int64_t pick(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random_);
  }
  double fraction() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  void line(const std::string& text) { body_ += "  " + text + "\n"; }

  std::string add(const std::string& kind, const at::Tensor& tensor) {
    const std::string name = kind + std::to_string(tensors_.size());
    tensors_.emplace_back(name, tensor);
    return "self." + name;
  }

  at::Tensor numbers(const std::vector<int64_t>& sizes) { return normal(sizes, random_()); }

  // Zeros with a probability that differs from mask to mask; sometimes other factors than 1.
  std::string masked(const std::string& value, int64_t channels, int64_t trailing) {
    if (pick(0, 3) == 0) return value;
    const double sparsity = fraction();
    const bool is_binary = pick(0, 4) != 0;
    std::vector<double> factors;
    for (int64_t i = 0; i < channels; ++i)
      factors.push_back(fraction() < sparsity ? 0 : is_binary ? 1 : 0.5 + fraction());
    std::vector<int64_t> shape(trailing + 1, 1);
    shape[0] = channels;
    return "(" + value + " * " + add("mask", tensor1d(factors).to(at::kFloat).view(shape)) + ")";
  }

  std::string convolved(const std::string& value, int64_t in, int64_t out, int64_t size,
                        int64_t groups) {
    const bool is_layer = pick(0, 1) == 1;
    Tensors outer;
    if (is_layer) std::swap(outer, tensors_);
    const double scale = 1 / std::sqrt(static_cast<double>(in / groups * size * size));
    const auto w = add("w", numbers({out, in / groups, size, size}) * scale);
    const auto b = pick(0, 1) == 1 ? add("b", numbers({out}) * 0.3) : "None";
    const auto padding = std::to_string(size / 2);
    const auto call = "torch.conv2d(" + masked(is_layer ? "x" : value, in, 2) + ", " + w + ", " +
                      b + ", [1, 1], [" + padding + ", " + padding + "], [1, 1], " +
                      std::to_string(groups) + ")";
    if (!is_layer) return call;
    std::swap(outer, tensors_);
    const std::string name = "layer" + std::to_string(layers_.size());
    layers_.emplace_back(name, layer(call, outer));
    const std::string once = "self." + name + ".forward(" + value + ")";
    return in == out && pick(0, 3) == 0 ? "self." + name + ".forward(" + once + ")" : once;
  }

  static torch::jit::Module layer(const std::string& result, const Tensors& tensors) {
    return net("  return " + result + "\n", tensors);
  }

  std::string normed(const std::string& value, int64_t channels) {
    const auto weight = add("g", numbers({channels}).abs() + 0.5);
    const auto bias = add("b", numbers({channels}) * 0.3);
    const auto mean = add("mean_mask", numbers({channels}) * 0.1);
    const auto variance = add("var_mask", numbers({channels}).abs() + 0.5);
    return "torch.batch_norm(" + value + ", " + weight + ", " + bias + ", " + mean + ", " +
           variance + ", False, 0.1, 1e-5, True)";
  }

  std::string activated(const std::string& value) {
    static const std::vector<std::string> functions = {"torch.relu",    "torch.relu_",
                                                       "torch.sigmoid", "torch.hardswish",
                                                       "torch.tanh",    "self.relu.forward"};
    return functions[pick(0, 5)] + "(" + value + ")";
  }

  void conv(int64_t in, int64_t out) {
    line("x = " + activated(normed(convolved("x", in, out, 3, 1), out)));
    channels_ = out;
  }

  void linear(int64_t in) {
    const auto hidden = add("w", numbers({12, in}) * 0.3), out = add("w", numbers({5, 12}));
    line("x = torch.relu(torch.linear(" + masked("x", in, 0) + ", " + hidden + ", " +
         add("b", numbers({12})) + "))");
    line("x = torch.linear(" + masked("x", 12, 0) + ", " + out + ")");
  }

  void block() {
    switch (pick(0, 8)) {
      case 0:
        return conv(channels_, 4 * pick(1, 4));
      case 1:
        return residual();
      case 2:
        return concatenation();
      case 3:
        return grouped();
      case 4:
        return depthwise();
      case 5:
        return squeeze_excite();
      case 6:
        return shuffle();
      case 7:
        return branch();
      default:
        return shared();
    }
  }

  void residual() {
    const auto first = activated(normed(convolved("x", channels_, channels_, 3, 1), channels_));
    line("y = " + first);
    line("y = " + convolved("y", channels_, channels_, 1, 1));
    line(pick(0, 1) == 1 ? "y += x" : "y = x + y");
    line("x = " + activated("y"));
  }

  void concatenation() {
    line("y = " + activated(convolved("x", channels_, 4, 3, 1)));
    line("x = torch.cat([x, y], 1)");
    channels_ += 4;
  }

  void grouped() {
    const int64_t groups = pick(0, 1) == 1 ? 2 : 4;
    line("x = " + activated(normed(convolved("x", channels_, channels_, 3, groups), channels_)));
  }

  void depthwise() {
    line("x = " + activated(normed(convolved("x", channels_, channels_, 3, channels_), channels_)));
    conv(channels_, 4 * pick(1, 4));
  }

  void squeeze_excite() {
    line("s = " + activated(convolved("torch.mean(x, [2, 3], True)", channels_, 4, 1, 1)));
    line("x = x * torch.sigmoid(" + convolved("s", 4, channels_, 1, 1) + ")");
  }

  void shuffle() {
    line("n, c, h, w = x.size()");
    line("x = torch.transpose(x.view(n, 2, c // 2, h, w), 1, 2).contiguous().view(n, c, h, w)");
    line("a, b = torch.chunk(x, 2, 1)");
    line("x = torch.cat([a, " + activated(convolved("b", channels_ / 2, channels_ / 2, 1, 1)) +
         "], 1)");
  }

  // On the number of axes, or on a size: one that differs from batch to batch, or one that never
  // does, which only the data tell.
  void branch() {
    static const std::vector<std::string> conditions = {"x.dim() == 4", "x.size(0) > 2",
                                                        "x.size(0) > 0", "x.size(0) < 3"};
    line("if " + conditions[pick(0, 3)] + ":");
    line("  x = " + activated(convolved("x", channels_, channels_, 1, pick(0, 1) == 1 ? 4 : 1)));
    if (pick(0, 1) == 1) line("  x = " + moved());
    if (pick(0, 2) == 0) return;
    line("else:");
    line("  x = " + activated("x"));
  }

  std::string moved() {
    static const std::vector<std::string> moves = {"torch.roll(x, [1], [2])",
                                                   "torch.roll(x, [1], [1])", "torch.flip(x, [1])",
                                                   "x * x.size(2)", "x + x"};
    return moves[pick(0, 4)];
  }

  // Others see what is written in place.
  void shared() {
    line("y = " + activated("x"));
    line("z = " + activated(pick(0, 1) == 1 ? "y" : "x"));
    line("x = " + convolved("x", channels_, channels_, 1, 1) + " + " + masked("y", channels_, 2) +
         " * z");
  }

  std::mt19937_64 random_;
  std::string body_;
  Tensors tensors_;
  Layers layers_;
  int64_t channels_ = 0;
};

// Of double precision, like the networks: masks may leave so little signal that in float one order
// of a sum differs from another by more than 1e-5 of what comes out.
std::vector<c10::IValue> images(int64_t samples) {
  return {normal({samples, 3, 8, 8}, samples).to(at::kDouble)};
}

}  // namespace

// All of them: ACTSPARSE_NETS=1000 OMP_NUM_THREADS=1 build/release/tests/actsparse_tests "random
// networks*"
TEST_CASE("random networks give the same answers when they are compacted", "[compact]") {
  const auto [gather, keeps_modules] = GENERATE(table<std::string, bool>(
      {{"off", false}, {"always", false}, {"off", true}, {"always", true}}));
  CAPTURE(gather, keeps_modules);
  int64_t masked_channels = 0, removed = 0;
  const auto seeds = seeds_to_try(60);
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    Writer writer(seed);
    auto masked = writer.write();
    masked.to(at::kDouble);
    CAPTURE(seed, writer.body());
    const auto result = compact(masked, {images(2), images(3)}, {1e-5, gather, keeps_modules});
    for (const auto& mask : result.masks) {
      masked_channels += mask.masked;
      removed += mask.removed;
    }
    for (const int64_t samples : {2, 5})
      REQUIRE(compare_outputs(masked, result.module, images(samples)).relative < 1e-9);
  }
  CHECK(removed > masked_channels / 5);  // and something is removed
}
