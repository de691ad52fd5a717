#pragma once
// What the rules say about channels: plain data between the analysis and the solution.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include <cstdint>
#include <string>
#include <vector>

namespace actsparse {

/// If one of `when` is kept, all of `then` are. Id 0 (Ids::needed) is always kept.
struct Need {
  std::vector<int64_t> when, then;
  const torch::jit::Node* by = nullptr;  ///< null: the graph's inputs and outputs
  std::string reason;  ///< in words for the report; empty: `by` computes with them
  /// `then` are `when` at another place (a gate's input, say): what keeps those keeps these.
  bool passes_on = false;
};

/// A grouped convolution needs equally many channels in each of its groups; a group may also go
/// altogether.
struct Balance {
  at::Tensor in, out;  ///< int64 [groups, channels]
  const torch::jit::Node* by = nullptr;
};

/// A value of the graph: what is kept of it must be what one set of indices per axis takes, and at
/// least one element.
struct Box {
  at::Tensor ids;
  const torch::jit::Node* by = nullptr;
};

/// An axis that several values share: those indices of it are kept of all of them that are kept of
/// one.
struct SharedAxis {
  std::vector<at::Tensor> rows;  ///< of each value: int64 [size of the axis, its other elements]
  const torch::jit::Node* by = nullptr;
  /// What lies along it does not mix with the rest, as heads: masks that are to agree take an index
  /// as a whole.
  bool is_batch = false;
};

struct Constraints {
  std::vector<Need> needs;
  std::vector<Balance> balances;
  std::vector<Box> boxes;
  std::vector<SharedAxis> shared_axes = {};
};

}  // namespace actsparse
