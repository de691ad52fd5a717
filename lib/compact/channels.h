#pragma once
// What the analysis carries beside each tensor of the graph.
#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace actsparse {

/// Two tensors of the value's own shape. Along axes on which they do not change they are expanded
/// (stride 0), so they cost little.
struct Channels {
  at::Tensor ids;    ///< int64: which channel each element belongs to (compact/ids.h)
  at::Tensor known;  ///< float64: its value if that is the same for every input, else NaN

  int64_t dim() const { return ids.dim(); }
};

/// All needed and not known: what a model gets as input, and what no rule tells more of.
Channels whole(at::IntArrayRef sizes);

/// NaN everywhere: not known.
at::Tensor unknown_like(const at::Tensor& known);

/// A constant: all needed, all known.
Channels constant_channels(const at::Tensor& value);

/// The same, expanded wherever the elements do not change along an axis.
Channels canonical(const Channels& channels);

/// The axes along which the ids change, ascending.
std::vector<int64_t> changing_axes(const at::Tensor& ids);

/// Sizes 1 in place of expanded axes: a view.
at::Tensor unexpanded(const at::Tensor& expanded);

/// One number per index of `axis`.
struct AxisChannels {
  at::Tensor ids;    ///< int64 [size]
  at::Tensor known;  ///< float64 [size]; NaN also where it changes along other axes
};

/// Nothing if the ids change along another axis too.
std::optional<AxisChannels> along_axis(const Channels& channels, int64_t axis);

}  // namespace actsparse
