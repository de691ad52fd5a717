#pragma once
// What operators have in common that join tensors element by element, broadcast to one shape.
#include "compact/visit.h"

namespace actsparse::rules {

/// Whether `operand` is broadcast over the channels of `other`: one channel, of size 1 along all
/// axes on which the other's channels lie. It stays as it is, whatever is removed of the other.
bool is_spread(const at::Tensor& operand, const at::Tensor& other);

/// The ids of the result of two activations with the ids `a` and `b`, in its `sizes`. Channels that
/// meet are tied; an operand that is one channel for all of the other's is needed by each.
at::Tensor tied_ids(Visit& visit, const at::Tensor& a, const at::Tensor& b, at::IntArrayRef sizes);

/// Output `output` of the node is one of `values`, tensors of which the analysis knows: what is
/// removed of one is removed of all. Throws NotUnderstood where that cannot be.
void one_of(Visit& visit, size_t output, const std::vector<const torch::jit::Value*>& values);

/// Slices the constant `input` as the result of the node is sliced.
void slice_constant(Visit& visit, size_t input, const Channels& output);

/// The rule of operators of two operands.
void binary(Visit& visit);

}  // namespace actsparse::rules
