#pragma once
// Writes TorchScript nets line by line, with random numbers and choices.
#include <functional>
#include <random>

#include "compact/nets.h"

namespace actsparse {

/// The same seed gives the same choices and numbers.
class NetText {
 public:
  explicit NetText(uint64_t seed) : random_(seed) {}

  /// Both ends included.
  int64_t pick(int64_t from, int64_t to);
  bool chance(int64_t one_in) { return pick(1, one_in) == 1; }
  std::string any(const std::vector<std::string>& of);
  double fraction();
  /// Standard normal.
  at::Tensor numbers(const std::vector<int64_t>& sizes);

  void line(const std::string& text) { body_ += "  " + text + "\n"; }
  /// A tensor of the module that is being written, as "self.NAME"; its name begins with `kind`.
  std::string add(const std::string& kind, const at::Tensor& tensor);
  /// What `write` writes becomes a submodule's forward(arguments), which gives x:
  /// "self.NAME.forward".
  std::string submodule(const std::string& arguments, const std::function<void()>& write);

  /// What has been written becomes a module.
  torch::jit::Module close(const std::string& arguments);
  /// All bodies, inner ones first.
  const std::string& text() const { return text_; }

 private:
  std::mt19937_64 random_;
  int64_t names_ = 0;
  std::string body_, text_;
  Tensors tensors_;
  Layers layers_;
};

}  // namespace actsparse
