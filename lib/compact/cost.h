#pragma once
// What a model costs: multiplications, parameters.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "compact/flat_model.h"
#include "compact/trace.h"

namespace actsparse {

/// A processor multiplies about so often in the time that index_select takes for a byte.
constexpr double kMacsPerByte = 8;

/// Multiply-accumulates of convolutions, linear layers, matrix products and recurrent layers in one
/// run of what `trace` has recorded; a loop's body counts once.
int64_t count_macs(const FlatModel& model, const Trace& trace);

/// Bytes that index_select writes in such a run.
int64_t count_gathered_bytes(const FlatModel& model, const Trace& trace);

/// Elements of all parameters.
int64_t count_parameters(const torch::jit::Module& model);

}  // namespace actsparse
