#pragma once
// Random networks of attention blocks, as TorchScript text, with masks before their linear layers.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace actsparse {

enum class HeadMasks {
  Any,     ///< whole heads, a channel of every head, any channels; before every linear layer
  Aligned  ///< whole heads (of grouped queries: whole groups) or a channel of every head, and
           ///< before output projections alone: nothing else keeps what these drop
};

struct AttentionNet {
  /// forward(x [N, L, 3], tokens [N, L] int64, padding [N, L] bool), L from 2 to 8; float64, eval.
  torch::jit::Module module;
  std::string text;  ///< bodies of all methods, inner ones first
};

/// The same net for the same seed.
AttentionNet attention_net(uint64_t seed, HeadMasks masks);

/// Its arguments; no sample is padded as a whole.
std::vector<c10::IValue> attention_batch(int64_t samples, int64_t length);

}  // namespace actsparse
