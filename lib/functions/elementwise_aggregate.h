#pragma once
// An Aggregate whose accumulator is combined with each input element by element: the reference's
// way. The other kind is streaming_aggregate.h.
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

#include "functions/functions.h"

namespace actsparse {

/// What one elementwise aggregate_fn does. Every part runs without autograd.
struct Combination {
  std::string name;  ///< for messages
  /// From the input to what is combined: x, |x|, x². The accumulator has its dtype. May be x
  /// itself.
  std::function<at::Tensor(const at::Tensor& input)> term;
  /// The new accumulator. May write to `acc` and return it; must not write to `term`.
  std::function<at::Tensor(const at::Tensor& acc, const at::Tensor& term)> combine;
  /// From the accumulator to value().
  std::function<at::Tensor(const at::Tensor& acc, int64_t calls)> finish;
  /// As `combine`, of two accumulators; empty: they cannot be merged.
  std::function<at::Tensor(const at::Tensor& acc, const at::Tensor& other)> merge;
  bool from_first = false;   ///< start from the first term instead of zeros
  bool keeps_shape = false;  ///< the accumulator always has the input's shape
};

std::unique_ptr<Aggregate> elementwise_aggregate(std::shared_ptr<const Combination> how);

}  // namespace actsparse
