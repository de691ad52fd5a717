#pragma once
// Random TorchScript models whose layers are called in all the ways that models call layers.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace actsparse {

struct RandomModel {
  torch::jit::Module module;        ///< forward(x: [N, 8]) of doubles, in eval mode
  std::string source;               ///< of its methods
  std::vector<std::string> layers;  ///< FQNs of its linear layers
};

/// Equal for equal seeds. What occurs: layers that share one type, instances called several times,
/// tied weights, blocks, modules that are handed over as arguments, loops, branches by the data,
/// lists, dicts, tuples, optionals, forks, several methods, experts that get no rows, buffers that
/// are written, views and writes in place, outputs in containers.
RandomModel random_model(uint64_t seed);

}  // namespace actsparse
