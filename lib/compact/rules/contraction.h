#pragma once
// What convolutions, linear layers and others that multiply with a constant matrix have in common.
#include "compact/visit.h"

namespace actsparse::rules {

struct Contraction {
  at::Tensor in, known;    ///< [groups, inputs]: ids, and values
  at::Tensor weight;       ///< float64 [groups, outputs, inputs]: summed over the kernel
  at::Tensor reads;        ///< bool, like weight: not all zeros
  at::Tensor bias;         ///< float64 [groups, outputs]
  bool is_padded = false;  ///< it reads zeros at borders: a known input is constant only if it is 0
};

/// Tells `visit` which inputs each output needs; `out`: the outputs' ids, [groups, outputs].
/// Returns the values of those outputs that are constant and NaN for the others, in the same shape.
at::Tensor contract(Visit& visit, const Contraction& contraction, const at::Tensor& out);

/// Bool of the shape of `like`, whose elements are numbered in order: which numbers are in `index`,
/// as Rewrite::kept() gives it (undefined: all).
at::Tensor is_among(const at::Tensor& index, const at::Tensor& like);

/// How often a layer reads each number of its input, to weigh what picking channels costs.
struct Reading {
  double macs_per_input = 0;   ///< multiplications that one input channel of a batch takes
  double bytes_per_input = 0;  ///< that one takes in memory
};

/// The inputs to read by index_select, as indices like those of Rewrite::kept(): those that the
/// kept outputs need, if they are fewer than the kept inputs and `gather` says that it is worth it.
/// Undefined if not. `rows`, `columns`: the kept outputs and inputs.
at::Tensor worth_picking(Gather gather, const Contraction& contraction, const at::Tensor& rows,
                         const at::Tensor& columns, const Reading& reading);

/// Of all sizes; 1 of none.
int64_t product(at::IntArrayRef sizes);

/// What the inputs that `kept` [groups, inputs] (bool) lacks add to each output: float64
/// [groups, outputs].
at::Tensor of_removed(const Contraction& contraction, const at::Tensor& kept);

/// `weight` of a convolution [outputs, inputs / groups, kernel...] or of a linear layer (groups 1),
/// with its columns multiplied by `factors` [inputs] or [1]. Throws NotUnderstood for another
/// number of factors.
at::Tensor masked_columns(const at::Tensor& weight, const at::Tensor& factors, int64_t groups);

/// The channels of a value of these sizes that change along `axis` alone.
Channels spread_over(const at::Tensor& ids, const at::Tensor& known, int64_t axis,
                     at::IntArrayRef sizes);

/// The rule of matmul where the right factor is a constant: a linear layer without bias.
void matmul_with_constant(Visit& visit);

}  // namespace actsparse::rules
