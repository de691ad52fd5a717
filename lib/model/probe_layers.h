#pragma once
// What one batch does to the layers: for people who choose which of them to register.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/session.h"
#include "record/site.h"

namespace actsparse {

/// A layer, and its argument to be observed; without one the default (model/default_input.h).
struct ProbeSite {
  std::string layer;
  std::optional<InputSelector> input = {};
};

/// What was seen of one site.
struct LayerProbe {
  int64_t calls = 0;
  std::vector<std::vector<int64_t>> shapes = {};  ///< different ones of its input, as they came
  std::optional<at::ScalarType> dtype = {};       ///< of its first input; nothing without a call
  std::string obstacle = {};  ///< why it cannot be observed, or was never called, or with empty
                              ///< tensors only; empty if it was
  std::optional<InputSelector> input = {};  ///< that was observed; nothing if none can be
  int64_t empty_calls = 0;                  ///< of `calls`, with a tensor of no elements
};

/// One entry per site. `method` of a clone is run once on `batch`; `model` is left untouched. A
/// site that cannot be observed is no error but has an obstacle. Throws Error(Data) if the model
/// fails on the batch.
std::vector<LayerProbe> probe_layers(const Session& session, const std::vector<ProbeSite>& sites,
                                     const std::vector<c10::IValue>& batch);

}  // namespace actsparse
