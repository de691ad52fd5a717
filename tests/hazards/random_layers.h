#pragma once
// The layers of random models, and the calls of them.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace actsparse {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int64_t pick(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>(from, to)(engine_);
  }
  bool flip() { return pick(0, 1) == 1; }
  at::Tensor numbers(const std::vector<int64_t>& sizes);  ///< of doubles

 private:
  std::mt19937_64 engine_;
};

struct RandomLayer {
  std::string name;  ///< FQN
  int64_t axis;      ///< of its input, that holds the channels
};

enum class LayerKind { Linear, Convolution };

/// Adds layers to a root module and writes calls of them as text.
class RandomLayers {
 public:
  RandomLayers(torch::jit::Module root, Random& random);

  /// The call of a new layer, of one there is already, or of one that is tied to one there is.
  std::string called(LayerKind kind, const std::string& x, int64_t in, int64_t out);
  /// A module with two layers; with the shared activation as an argument, as the tracer hands it.
  std::string block(LayerKind kind, const std::string& x, int64_t channels);
  std::string depthwise(const std::string& x, int64_t channels);
  /// The last step of an LSTM or GRU, of one or two directions, over two steps made of x [N, in].
  std::string recurrent(const std::string& x, int64_t in, int64_t out);

  const std::vector<RandomLayer>& all() const { return all_; }

 private:
  using Tensors = std::vector<std::pair<std::string, at::Tensor>>;
  struct Known {
    LayerKind kind;
    std::string name;  // as the root's methods call it
    int64_t in = 0, out = 0;
    Tensors tensors;
  };

  std::string fresh(const char* kind) { return kind + std::to_string(names_++); }
  Tensors tensors_of(LayerKind kind, int64_t in, int64_t out);
  torch::jit::Module module_of(LayerKind kind, const Tensors& tensors);
  std::string added(const Known& like);
  std::string added(const std::string& name, const torch::jit::Module& module, int64_t axis);

  torch::jit::Module root_, act_;
  Random& random_;
  std::optional<torch::jit::Module> shared_types_[2];  // by kind
  std::vector<Known> known_;
  std::vector<RandomLayer> all_;
  int64_t names_ = 0;
};

}  // namespace actsparse
