#pragma once
// In which order the inputs of a linear map are best dropped, where those that are left make up for
// each: optimal brain surgeon in blocks. Hassibi et al. 1993; Frantar et al. 2022
// (arXiv 2208.11580).
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace actsparse {

/// Blocks in the order in which they go, each with the squared error of the outputs that its own
/// removal adds.
struct RemovalOrder {
  std::vector<int64_t> blocks;
  std::vector<double> errors;
};

/// Greedy: the block whose removal costs least goes, and the weights of all others are refitted.
/// `second_moments` float64 [n, n], of the inputs (about their mean, if a bias makes up for that);
/// `weight` float64 [outputs, n]; blocks are `size` neighbouring inputs. `ridge` times the mean of
/// the diagonal is added to it, more if it is not definite then. Takes one inverse and n / size
/// updates of rank `size`.
RemovalOrder removal_order(const at::Tensor& second_moments, const at::Tensor& weight, int64_t size,
                           double ridge);

}  // namespace actsparse
