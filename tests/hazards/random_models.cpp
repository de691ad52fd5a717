#include "hazards/random_models.h"

#include <ATen/ops/zeros.h>

#include <utility>

#include "support/models.h"

namespace actsparse {
namespace {

using torch::jit::Module;

class ModelWriter {
 public:
  explicit ModelWriter(uint64_t seed)
      : random_(seed), root_("__torch__.Model"), layers_(root_, random_) {
    root_.register_attribute("training", c10::BoolType::get(), true);
    root_.register_buffer("count", at::zeros({}, at::kLong));
    root_.register_buffer("grid", random_.numbers({1, 1, 4, 4}));
  }

  RandomModel write() {
    body_ = &encode_;
    if (pick(0, 3) == 0) statement(1);
    const bool has_encode = !encode_.empty();
    body_ = &main_;
    if (has_encode) line("x = self.encode(x)");
    const int64_t statements = pick(2, 6);
    for (int64_t i = 0; i < statements; ++i) statement(0);
    const auto [type, result] = output();
    line("return " + result);
    std::string source, method = pick(0, 4) == 0 ? "score" : "forward";
    if (has_encode) source = method_source("encode", "Tensor", encode_ + "  return x\n");
    source += method_source(method, type, main_);
    if (method != "forward")
      source += method_source("forward", "Tensor", "  return " + called("x", 8, 4) + "\n");
    root_.define(source);
    if (has_encode && pick(0, 4) == 0) method = "encode";
    for (int64_t forks = pick(0, 2); forks > 0; --forks)
      fork_call(root_, pick(0, 5), flip(), method);
    root_.eval();
    return {root_, method, source, layers_.all()};
  }

 private:
  static std::string method_source(const std::string& name, const std::string& type,
                                   const std::string& body) {
    return "def " + name + "(self, x: Tensor) -> " + type + ":\n" + body;
  }

  int64_t pick(int64_t from, int64_t to) { return random_.pick(from, to); }
  bool flip() { return random_.flip(); }
  std::string fresh(const char* kind) { return kind + std::to_string(names_++); }
  void line(const std::string& text) { *body_ += "  " + indent_ + text + "\n"; }

  // ---- layers ----

  std::string called(const std::string& x, int64_t in, int64_t out) {
    return layers_.called(in_planes_ ? LayerKind::Convolution : LayerKind::Linear, x, in, out);
  }
  std::string block() {
    return layers_.block(in_planes_ ? LayerKind::Convolution : LayerKind::Linear, "x", channels_);
  }

  // ---- statements ----

  std::string activated(const std::string& value) {
    static const std::vector<std::string> functions = {"torch.relu", "torch.tanh", "torch.relu_",
                                                       "self.act.forward", "torch.sigmoid"};
    return functions[pick(0, 4)] + "(" + value + ")";
  }

  void statement(int depth) {
    switch (pick(0, depth < 2 ? 17 : 4)) {
      case 0:
        return resize();
      case 1:
        return line("x = x + " + activated(called("x", channels_, channels_)));
      case 2:
        return line("x = " + block());
      case 3:
        return write_in_place();
      case 4:
        return line("x = x * torch.sigmoid(" + called("x", channels_, channels_) + ")");
      case 5:
        return loop(depth);
      case 6:
        return branch(depth);
      case 7:
        return list();
      case 8:
        return list_in_loop();
      case 9:
        return dict();
      case 10:
        return tuple();
      case 11:
        return expert();
      case 12:
        return chunks();
      case 13:
        return optional();
      case 14:
        return in_planes_ ? planes() : views();
      case 15:
        return in_planes_ ? depthwise() : recurrent();
      case 16:
        return in_planes_ ? excite() : trunk(depth);
      default:
        return counted();
    }
  }

  void resize() {
    const int64_t out = 4 * pick(1, 4);
    line("x = " + activated(called("x", channels_, out)));
    channels_ = out;
  }

  void write_in_place() {
    line("x = x.clone()");
    line(flip() ? "x.add_(0.5)" : "x[:, 0] = 0.5");
  }

  template <class Body>
  void nested(const Body& body) {
    indent_ += "  ";
    body();
    indent_.resize(indent_.size() - 2);
  }

  void loop(int depth) {
    line("for i in range(" + std::to_string(pick(0, 3)) + "):");
    nested([&] { same_channels(depth); });
  }

  void branch(int depth) {
    static const std::vector<std::string> conditions = {"bool(x.sum() > 0)", "x.size(0) > 2",
                                                        "x.dim() == 2", "self.training"};
    line("if " + conditions[pick(0, 3)] + ":");
    nested([&] { same_channels(depth); });
    line("else:");
    nested([&] { same_channels(depth); });
  }

  // A body that leaves x as wide as it was.
  void same_channels(int depth) {
    const int64_t before = channels_;
    statement(depth + 1);
    if (channels_ != before) line("x = " + called("x", channels_, before));
    channels_ = before;
  }

  void list() {
    const int64_t out = 4 * pick(1, 2);
    line("xs = [x, " + called("x", channels_, out) + "]");
    line("x = torch.cat(xs, 1)");
    channels_ += out;
  }

  void list_in_loop() {
    const auto ys = fresh("ys");
    line(ys + ": List[Tensor] = []");
    line("for i in range(2):");
    nested([&] { line(ys + ".append(" + called("x", channels_, channels_) + " * (i + 1))"); });
    line("x = " + ys + "[0] + " + ys + "[-1]");
  }

  void dict() {
    const auto d = fresh("d");
    line(d + " = {\"a\": x}");
    line(d + "[\"b\"] = " + called("x", channels_, channels_));
    line("x = " + d + "[\"a\"] + " + d + "[\"b\"]");
  }

  void tuple() {
    const auto t = fresh("t");
    line(t + " = (x, " + called("x", channels_, channels_) + ", 2)");
    line("x = " + t + "[0] * " + t + "[2] + " + t + "[1]");
  }

  // Gets the rows that it is for, which may be none.
  void expert() {
    const auto k = fresh("k");
    const char* const bound = flip() ? "1e9" : "0";
    line(k + " = torch.nonzero(x.flatten(1).sum(1) > " + bound + ").squeeze(1)");
    line("x = torch.index_add(x, 0, " + k + ", " + called("x[" + k + "]", channels_, channels_) +
         ")");
  }

  void chunks() {
    line("a, b = torch.chunk(x, 2, 1)");
    line("x = torch.cat([b, " + called("a", channels_ / 2, channels_ / 2) + "], 1)");
  }

  void optional() {
    const auto o = fresh("o");
    line(o + ": Optional[Tensor] = None");
    line("if x.size(1) > 4:");
    nested([&] { line(o + " = " + called("x", channels_, channels_)); });
    line("if " + o + " is not None:");
    nested([&] { line("x = x + " + o); });
  }

  void views() {
    const auto groups = std::to_string(channels_ / 4);
    line("x = x.view([x.size(0), " + groups + ", 4]).transpose(1, 2).flatten(1)");
    if (flip()) line("x = torch.layer_norm(x, [" + std::to_string(channels_) + "])");
  }

  // Planes of the channels, on which convolutions work; rows again at its end.
  void trunk(int depth) {
    line("x = x[:, :, None, None] * self.grid");
    in_planes_ = true;
    for (int64_t i = pick(1, 4); i > 0; --i) statement(depth + 1);
    in_planes_ = false;
    if (flip() || channels_ > 16) return line("x = x.mean([2, 3])");
    line("x = torch.max_pool2d(x, [2, 2]).flatten(1)");
    channels_ *= 4;
  }

  void planes() {
    const auto groups = std::to_string(channels_ / 4);
    static const std::vector<std::string> functions = {
        "torch.max_pool2d(x, [3, 3], [1, 1], [1, 1])",
        "torch.upsample_nearest2d(torch.avg_pool2d(x, [2, 2]), [4, 4])",
        "torch.constant_pad_nd(x[:, :, 1:, :3], [1, 0, 0, 1], 0.5)", "x.transpose(2, 3)"};
    if (pick(0, 4) == 0) return line("x = torch.group_norm(x, " + groups + ")");
    line("x = " + functions[pick(0, 3)]);
  }

  void depthwise() { line("x = " + activated(layers_.depthwise("x", channels_))); }

  void excite() {
    line("x = x * torch.sigmoid(" + called("x.mean([2, 3], True)", channels_, channels_) + ")");
  }

  void recurrent() {
    const int64_t out = 4 * pick(1, 3);
    line("x = " + layers_.recurrent("x", channels_, out));
    channels_ = out;
  }

  void counted() {
    line("self.count += 1");
    line("x = x * 0.5");
  }

  // ---- the output: its type and value ----

  std::pair<std::string, std::string> output() {
    switch (pick(0, 5)) {
      case 0:  // of what is normalized the plain sum is rounding alone
        return {"Tuple[Tensor, Tensor]", "(x, (x * x).sum(1))"};
      case 1:
        return {"List[Tensor]", "[" + called("x", channels_, 4) + ", x]"};
      case 2:
        return {"Dict[str, Tensor]", "{\"out\": " + called("x", channels_, 4) + "}"};
      default:
        return {"Tensor", called("x", channels_, 4)};
    }
  }

  Random random_;
  Module root_;
  RandomLayers layers_;
  std::string encode_, main_, indent_;
  std::string* body_ = nullptr;
  bool in_planes_ = false;
  int64_t channels_ = 8, names_ = 0;
};

}  // namespace

RandomModel random_model(uint64_t seed) { return ModelWriter(seed).write(); }

}  // namespace actsparse
