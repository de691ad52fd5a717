#pragma once
// What a linear operator reads, as columns: a matrix, or the patches of a convolution.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace actsparse {

/// How a convolution of any number of dimensions (or its transpose) passes over its input. With an
/// empty kernel: a matrix over the last dimension.
struct Window {
  int64_t groups = 1;
  bool transposed = false;
  /// Of each spatial dimension. `before` and `after` are zeros around the input, negative where a
  /// transposed one leaves elements out; `spread` is the distance that a transposed one puts
  /// between elements, 1 otherwise.
  std::vector<int64_t> kernel, stride, dilation, before, after, spread;

  bool is_matrix() const { return kernel.empty(); }
};

/// A convolution's window, from what its operator is given. A list of one holds for all dimensions.
struct ConvolutionArguments {
  std::vector<int64_t> kernel, stride, padding, dilation, output_padding;
  int64_t groups = 1;
  bool transposed = false;
};
Window window_of(ConvolutionArguments arguments);

/// float64 [groups, inputs * taps, rows], contiguous: what each output element is a product of.
/// `channels` (int64, of a window with one group) picks input channels; undefined: all.
at::Tensor columns(const at::Tensor& input, const Window& window, const at::Tensor& channels);

/// float64 [groups, outputs, rows] of what the operator gave for such rows.
at::Tensor outputs(const at::Tensor& output, const Window& window);

/// The weight as [groups, outputs, inputs, taps], in the order of columns(); and back, in the shape
/// and dtype of `like`.
at::Tensor grouped(const at::Tensor& weight, const Window& window);
at::Tensor ungrouped(const at::Tensor& grouped, const Window& window, const at::Tensor& like);

/// Along which dimension of an input of the operator its channels lie.
int64_t channel_dim(const at::Tensor& input, const Window& window);

}  // namespace actsparse
