#pragma once
// Random TorchScript models whose layers are called in all the ways that models call layers.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "hazards/random_layers.h"

namespace actsparse {

struct RandomModel {
  torch::jit::Module module;        ///< in eval mode
  std::string method;               ///< of (x: [N, 8]) of doubles; others may be there
  std::string source;               ///< of its methods
  std::vector<RandomLayer> layers;  ///< some of which another method alone may call
};

/// Equal for equal seeds. What occurs: linear layers, trunks of convolutions, LSTMs and GRUs;
/// layers that share one type, instances called several times, tied weights, blocks, modules that
/// are handed over as arguments, loops, branches by the data, lists, dicts, tuples, optionals,
/// forks, several methods, each of which may be the one that is run, experts that get no rows,
/// buffers that are written, views and writes in place, outputs in containers.
RandomModel random_model(uint64_t seed);

}  // namespace actsparse
