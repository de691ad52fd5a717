#include "hazards/random_models.h"

#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/frontend/resolver.h>

#include <map>
#include <random>
#include <utility>

#include "support/models.h"

namespace actsparse {
namespace {

using torch::jit::Module;

// So that source can name the classes of modules: "act: Act".
class TypeResolver : public torch::jit::NativeResolver {
 public:
  explicit TypeResolver(std::map<std::string, c10::TypePtr> types) : types_(std::move(types)) {}
  c10::TypePtr resolveType(const std::string& name, const torch::jit::SourceRange& place) override {
    const auto found = types_.find(name);
    return found != types_.end() ? found->second
                                 : torch::jit::NativeResolver::resolveType(name, place);
  }

 private:
  std::map<std::string, c10::TypePtr> types_;
};

Module activation() {
  return make_module("Act", "def forward(self, x: Tensor) -> Tensor:\n  return torch.relu(x)\n");
}

const char* const linear_source =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "  return torch.linear(x, self.weight, self.bias)\n";

// A linear layer whose size is known to the writer.
struct Linear {
  std::string name;  // as the root's methods call it
  int64_t in = 0, out = 0;
  at::Tensor weight, bias;
};

class ModelWriter {
 public:
  explicit ModelWriter(uint64_t seed)
      : random_(seed), root_("__torch__.Model"), act_(activation()) {
    root_.register_attribute("training", c10::BoolType::get(), true);
    root_.register_buffer("count", at::zeros({}, at::kLong));
    root_.register_module("act", act_);
  }

  RandomModel write() {
    body_ = &encode_;
    if (pick(0, 3) == 0) statement(1);
    has_encode_ = !encode_.empty();
    const int64_t entered = channels_;
    body_ = &forward_;
    if (has_encode_) line("x = self.encode(x)");
    channels_ = entered;
    const int64_t statements = pick(2, 6);
    for (int64_t i = 0; i < statements; ++i) statement(0);
    const auto [type, result] = output();
    line("return " + result);
    std::string source;
    if (has_encode_) source = "def encode(self, x: Tensor) -> Tensor:\n" + encode_ + "  return x\n";
    source += "def forward(self, x: Tensor) -> " + type + ":\n" + forward_;
    root_.define(source);
    for (int64_t forks = pick(0, 2); forks > 0; --forks) fork_call(root_, pick(0, 5), flip());
    root_.eval();
    return {root_, source, layers_};
  }

 private:
  int64_t pick(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(random_);
  }
  bool flip() { return pick(0, 1) == 1; }
  std::string fresh(const char* kind) { return kind + std::to_string(names_++); }
  void line(const std::string& text) { *body_ += "  " + indent_ + text + "\n"; }

  // ---- layers ----

  at::Tensor numbers(const std::vector<int64_t>& sizes) {
    return normal(sizes, random_()).to(at::kDouble) * 0.5;
  }

  Module module_of(const Linear& layer) {
    if (flip() && !shared_type_) shared_type_ = plain(layer);
    if (!flip() || !shared_type_) return plain(layer);
    Module like(shared_type_->_ivalue()->compilation_unit(), shared_type_->type());
    like.setattr("training", true);
    like.setattr("weight", layer.weight);
    like.setattr("bias", layer.bias);
    return like;
  }

  static Module plain(const Linear& layer) {
    Module module("__torch__.Linear");
    module.register_attribute("training", c10::BoolType::get(), true);
    module.register_parameter("weight", layer.weight, /*is_buffer=*/false);
    module.register_parameter("bias", layer.bias, /*is_buffer=*/false);
    module.define(linear_source);
    return module;
  }

  // The call of a new layer, of one there is already, or of one that is tied to one there is.
  std::string called(const std::string& x, int64_t in, int64_t out) {
    for (const auto& known : known_) {
      if (known.in != in || known.out != out || pick(0, 2) != 0) continue;
      if (flip()) return "self." + known.name + ".forward(" + x + ")";
      return "self." + added(known.weight, known.bias, in, out) + ".forward(" + x + ")";
    }
    return "self." + added(numbers({out, in}), numbers({out}), in, out) + ".forward(" + x + ")";
  }

  std::string added(const at::Tensor& weight, const at::Tensor& bias, int64_t in, int64_t out) {
    const Linear layer{fresh("l"), in, out, weight, bias};
    root_.register_module(layer.name, module_of(layer));
    known_.push_back(layer);
    layers_.push_back(layer.name);
    return layer.name;
  }

  // A module with two layers; with the shared activation as an argument, as the tracer hands it.
  std::string block(const std::string& x, int64_t channels) {
    const auto name = fresh("block");
    const int64_t hidden = 4 * pick(1, 4);
    const Linear a{"a", channels, hidden, numbers({hidden, channels}), numbers({hidden})};
    const Linear b{"b", hidden, channels, numbers({channels, hidden}), numbers({channels})};
    Module module("__torch__.Block");
    module.register_attribute("training", c10::BoolType::get(), true);
    module.register_module("a", module_of(a));
    module.register_module("b", module_of(b));
    const bool takes_act = flip();
    const auto resolver =
        std::make_shared<TypeResolver>(std::map<std::string, c10::TypePtr>{{"Act", act_.type()}});
    module.define(takes_act ? "def forward(self, act: Act, x: Tensor) -> Tensor:\n"
                              "  return x + self.b.forward(act.forward(self.a.forward(x)))\n"
                            : "def forward(self, x: Tensor) -> Tensor:\n"
                              "  return x + self.b.forward(torch.relu(self.a.forward(x)))\n",
                  resolver);
    root_.register_module(name, module);
    for (const char* layer : {".a", ".b"}) layers_.push_back(name + layer);
    return "self." + name + ".forward(" + (takes_act ? "self.act, " : "") + x + ")";
  }

  // ---- statements ----

  std::string activated(const std::string& value) {
    static const std::vector<std::string> functions = {"torch.relu", "torch.tanh", "torch.relu_",
                                                       "self.act.forward", "torch.sigmoid"};
    return functions[pick(0, 4)] + "(" + value + ")";
  }

  void statement(int depth) {
    switch (pick(0, depth < 2 ? 15 : 4)) {
      case 0:
        return resize();
      case 1:
        return line("x = x + " + activated(called("x", channels_, channels_)));
      case 2:
        return line("x = " + block("x", channels_));
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
        return views();
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
    line(k + " = torch.nonzero(x.sum(1) > " + bound + ").squeeze(1)");
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

  void counted() {
    line("self.count += 1");
    line("x = x * 0.5");
  }

  // ---- the output: its type and value ----

  std::pair<std::string, std::string> output() {
    switch (pick(0, 5)) {
      case 0:
        return {"Tuple[Tensor, Tensor]", "(x, x.sum(1))"};
      case 1:
        return {"List[Tensor]", "[" + called("x", channels_, 4) + ", x]"};
      case 2:
        return {"Dict[str, Tensor]", "{\"out\": " + called("x", channels_, 4) + "}"};
      default:
        return {"Tensor", called("x", channels_, 4)};
    }
  }

  std::mt19937_64 random_;
  Module root_, act_;
  std::optional<Module> shared_type_;
  std::vector<Linear> known_;
  std::vector<std::string> layers_;
  std::string encode_, forward_, indent_;
  std::string* body_ = nullptr;
  bool has_encode_ = false;
  int64_t channels_ = 8, names_ = 0;
};

}  // namespace

RandomModel random_model(uint64_t seed) { return ModelWriter(seed).write(); }

}  // namespace actsparse
