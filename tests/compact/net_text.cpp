#include "compact/net_text.h"

#include "support/models.h"

namespace actsparse {

int64_t NetText::pick(int64_t from, int64_t to) {
  return std::uniform_int_distribution<int64_t>(from, to)(random_);
}

std::string NetText::any(const std::vector<std::string>& of) {
  return of[pick(0, static_cast<int64_t>(of.size()) - 1)];
}

double NetText::fraction() { return std::uniform_real_distribution<double>(0, 1)(random_); }

at::Tensor NetText::numbers(const std::vector<int64_t>& sizes) { return normal(sizes, random_()); }

std::string NetText::add(const std::string& kind, const at::Tensor& tensor) {
  const std::string name = kind + std::to_string(++names_);
  tensors_.emplace_back(name, tensor);
  return "self." + name;
}

std::string NetText::submodule(const std::string& arguments, const std::function<void()>& write) {
  std::string body;
  Tensors tensors;
  Layers layers;
  std::swap(body, body_), std::swap(tensors, tensors_), std::swap(layers, layers_);
  write();
  line("return x");
  auto made = close(arguments);
  body_ = body, tensors_ = tensors, layers_ = layers;
  const std::string name = "part" + std::to_string(++names_);
  layers_.emplace_back(name, std::move(made));
  return "self." + name + ".forward";
}

torch::jit::Module NetText::close(const std::string& arguments) {
  text_ += "(" + arguments + "):\n" + body_;
  return net(body_, tensors_, layers_, arguments);
}

}  // namespace actsparse
