#include "hazards/random_layers.h"

#include <torch/csrc/jit/frontend/resolver.h>

#include <map>

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

const char* class_of(LayerKind kind) {
  return kind == LayerKind::Linear ? "__torch__.Linear" : "__torch__.Conv2d";
}

int64_t axis_of(LayerKind kind) { return kind == LayerKind::Linear ? -1 : 1; }

std::string returning(const std::string& result) {
  return "def forward(self, x: Tensor) -> Tensor:\n  return " + result + "\n";
}

std::string source_of(LayerKind kind) {
  return returning(kind == LayerKind::Linear
                       ? "torch.linear(x, self.weight, self.bias)"
                       : "torch.conv2d(x, self.weight, self.bias, [1, 1], [1, 1])");
}

Module with_tensors(const std::string& name,
                    const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                    const std::string& source) {
  Module module(name);
  module.register_attribute("training", c10::BoolType::get(), true);
  for (const auto& [parameter, tensor] : tensors)
    module.register_parameter(parameter, tensor, /*is_buffer=*/false);
  module.define(source);
  return module;
}

std::string recurrent_source(bool is_lstm, int64_t directions, int64_t hidden,
                             const std::vector<std::string>& weights) {
  std::string list;
  for (const auto& weight : weights) list += (list.empty() ? "self." : ", self.") + weight;
  const std::string state = is_lstm ? "[h, h]" : "h";
  return "def forward(self, x: Tensor) -> Tensor:\n"
         "  h = torch.zeros([" +
         std::to_string(directions) + ", x.size(0), " + std::to_string(hidden) +
         "], dtype=x.dtype)\n  return torch." + (is_lstm ? "lstm" : "gru") + "(x, " + state +
         ", [" + list + "], True, 1, 0.0, False, " + (directions == 2 ? "True" : "False") +
         ", True)[0]\n";
}

}  // namespace

at::Tensor Random::numbers(const std::vector<int64_t>& sizes) {
  return normal(sizes, engine_()).to(at::kDouble) * 0.5;
}

RandomLayers::RandomLayers(Module root, Random& random)
    : root_(std::move(root)), act_(activation()), random_(random) {
  root_.register_module("act", act_);
}

RandomLayers::Tensors RandomLayers::tensors_of(LayerKind kind, int64_t in, int64_t out) {
  std::vector<int64_t> sizes = {out, in};
  if (kind == LayerKind::Convolution) sizes.insert(sizes.end(), {3, 3});
  return {{"weight", random_.numbers(sizes)}, {"bias", random_.numbers({out})}};
}

Module RandomLayers::module_of(LayerKind kind, const Tensors& tensors) {
  auto& shared = shared_types_[static_cast<size_t>(kind)];
  const auto plain = [&] { return with_tensors(class_of(kind), tensors, source_of(kind)); };
  if (random_.flip() && !shared) shared = plain();
  if (!random_.flip() || !shared) return plain();
  Module like(shared->_ivalue()->compilation_unit(), shared->type());
  like.setattr("training", true);
  for (const auto& [name, tensor] : tensors) like.setattr(name, tensor);
  return like;
}

std::string RandomLayers::added(const std::string& name, const Module& module, int64_t axis) {
  root_.register_module(name, module);
  all_.push_back({name, axis});
  return "self." + name + ".forward(";
}

std::string RandomLayers::added(const Known& like) {
  Known layer = like;
  layer.name = fresh("l");
  known_.push_back(layer);
  return added(layer.name, module_of(layer.kind, layer.tensors), axis_of(layer.kind));
}

std::string RandomLayers::called(LayerKind kind, const std::string& x, int64_t in, int64_t out) {
  for (const auto& known : known_) {
    if (known.kind != kind || known.in != in || known.out != out || random_.pick(0, 2) != 0)
      continue;
    if (random_.flip()) return "self." + known.name + ".forward(" + x + ")";
    return added(Known(known)) + x + ")";
  }
  return added(Known{kind, "", in, out, tensors_of(kind, in, out)}) + x + ")";
}

std::string RandomLayers::block(LayerKind kind, const std::string& x, int64_t channels) {
  const auto name = fresh("block");
  const int64_t hidden = 4 * random_.pick(1, 4);
  Module module("__torch__.Block");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.register_module("a", module_of(kind, tensors_of(kind, channels, hidden)));
  module.register_module("b", module_of(kind, tensors_of(kind, hidden, channels)));
  const bool takes_act = random_.flip();
  const auto resolver =
      std::make_shared<TypeResolver>(std::map<std::string, c10::TypePtr>{{"Act", act_.type()}});
  module.define(takes_act ? "def forward(self, act: Act, x: Tensor) -> Tensor:\n"
                            "  return x + self.b.forward(act.forward(self.a.forward(x)))\n"
                          : returning("x + self.b.forward(torch.relu(self.a.forward(x)))"),
                resolver);
  root_.register_module(name, module);
  for (const char* layer : {".a", ".b"}) all_.push_back({name + layer, axis_of(kind)});
  return "self." + name + ".forward(" + (takes_act ? "self.act, " : "") + x + ")";
}

std::string RandomLayers::depthwise(const std::string& x, int64_t channels) {
  const auto source = returning("torch.conv2d(x, self.weight, None, [1, 1], [1, 1], [1, 1], " +
                                std::to_string(channels) + ")");
  const auto module =
      with_tensors("__torch__.Conv2d", {{"weight", random_.numbers({channels, 1, 3, 3})}}, source);
  return added(fresh("d"), module, 1) + x + ")";
}

std::string RandomLayers::recurrent(const std::string& x, int64_t in, int64_t out) {
  const bool is_lstm = random_.flip();
  const int64_t directions = random_.pick(1, 2), hidden = out / directions;
  const int64_t gates = (is_lstm ? 4 : 3) * hidden;
  Tensors tensors;
  std::vector<std::string> names;
  for (const char* const end : {"", "_reverse"}) {
    if (names.size() == 4 * static_cast<size_t>(directions)) break;
    for (const auto& [name, sizes] : std::vector<std::pair<std::string, std::vector<int64_t>>>{
             {"weight_ih_l0", {gates, in}},
             {"weight_hh_l0", {gates, hidden}},
             {"bias_ih_l0", {gates}},
             {"bias_hh_l0", {gates}}}) {
      names.push_back(name + end);
      tensors.emplace_back(names.back(), random_.numbers(sizes));
    }
  }
  const auto source = recurrent_source(is_lstm, directions, hidden, names);
  const auto module = with_tensors(is_lstm ? "__torch__.LSTM" : "__torch__.GRU", tensors, source);
  return added(fresh("r"), module, -1) + "torch.stack([" + x + ", " + x + " * 0.5], 1))[:, -1]";
}

}  // namespace actsparse
