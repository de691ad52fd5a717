#pragma once
// Small networks of convolutions, batch norms and linear layers with seeded weights, as
// TorchScript.
#include <torch/csrc/jit/api/module.h>

namespace actsparse {

/// forward(x [N, 3, H, W]): conv1 (3 -> 8) -> bn1 -> relu_, + conv2 (8 -> 8, groups 2) of it,
/// -> pool over space -> fc (8 -> 4). In eval mode.
torch::jit::Module small_cnn();

/// forward(x [N, T, 3]): fc (4 -> 2) of the last step of an LSTM (lstm, 3 -> 4).
torch::jit::Module recurrent();

/// forward(x [N, 3, H, W]): fc (8 -> 4) of conv (3 -> 8), pooled over space; once more, of twice as
/// much, if conv's output is contiguous.
torch::jit::Module minding_layout();

/// A Linear layer of `in` -> `out` features.
torch::jit::Module linear_layer(int64_t in, int64_t out);

}  // namespace actsparse
