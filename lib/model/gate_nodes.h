#pragma once
// The operators that apply_masks() makes of a gate, found again.
#include <torch/csrc/jit/ir/ir.h>

#include <optional>
#include <string>

namespace actsparse {

/// %product = mul(%input, gt(%scores, %threshold)), %scores = abs(%input) or mul(abs(%input),
/// %factors).
struct GateNodes {
  torch::jit::Node* magnitudes;  ///< the abs
  torch::jit::Value* input;      ///< of it, and of the product
  torch::jit::Value* factors;    ///< null: none
  torch::jit::Value* threshold;
};

/// Nothing if `product` is not the last operator of such a gate. What threshold and factors are is
/// for the caller to look at.
std::optional<GateNodes> gate_nodes(torch::jit::Node& product);

/// True if the value is read from an attribute that is a buffer of this kind (mask_names.h).
bool reads_buffer(const torch::jit::Value& value, const std::string& kind);

}  // namespace actsparse
