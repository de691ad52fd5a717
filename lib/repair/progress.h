#pragma once
// How far repair and tuning have come: enough for another process to go on to the same bytes.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repair/solved_layer.h"
#include "repair/tuned_model.h"

namespace actsparse {

/// What became of one target.
struct LayerOutcome {
  SolvedLayer solved;
  std::string left_because;  ///< why it could not be solved; empty: it was
};

/// Of tuning after a step; tensors are copies.
struct TuneProgress {
  int64_t step = 0;
  TunedModel report;
  std::vector<at::Tensor> parameters, best;  ///< in one order
  std::string optimizer;                     ///< as LibTorch's archives hold it
  std::string random;                        ///< state of the generator that draws batches
  std::vector<int64_t> order;                ///< batches that this round has left
};

struct RepairProgress {
  std::vector<LayerOutcome> layers;  ///< in the order in which targets are solved
  std::optional<TuneProgress> tune;
};

}  // namespace actsparse
