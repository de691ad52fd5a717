#pragma once
// Masked networks made of text, and what compacting them must give.
#include <torch/csrc/jit/api/module.h>

#include <map>
#include <string>
#include <vector>

#include "compact/compact.h"

namespace actsparse {

using Tensors = std::vector<std::pair<std::string, at::Tensor>>;
using Layers = std::vector<std::pair<std::string, torch::jit::Module>>;
using Shapes = std::map<std::string, std::vector<int64_t>>;

/// forward(arguments) with this body; `tensors` are self's, those with "mask" in the name buffers,
/// and `layers` are its submodules. In eval mode.
torch::jit::Module net(const std::string& body, const Tensors& tensors, const Layers& layers = {},
                       const std::string& arguments = "x: Tensor");

/// Standard normal, another one for each shape and seed.
at::Tensor weight(const std::vector<int64_t>& sizes, uint64_t seed = 1);
/// [channels, 1, ... (`trailing`)]: zeros at `dropped`, else ones.
at::Tensor mask(int64_t channels, const std::vector<int64_t>& dropped, int64_t trailing);

/// Compacts a network whose x is [N, sample...], and checks that its file gives the same answers
/// for 2, 3 and 5 samples. If nothing else is said: one flat graph, nothing is picked.
Compacted compacted(const torch::jit::Module& masked, const std::vector<int64_t>& sample,
                    const CompactOptions& options = {1e-5, "off", false});

/// Seeds of random nets, both ends included: ACTSPARSE_NETS (else `usual`) of them, from
/// ACTSPARSE_FIRST_NET (else 1) on.
struct Seeds {
  uint64_t first = 1, last = 1;
};
Seeds seeds_to_try(uint64_t usual);

/// Of all parameters and buffers.
Shapes shapes(const torch::jit::Module& module);

}  // namespace actsparse
