#pragma once
// What the analysis knows of each tensor of the graph: which channel each element belongs to, and
// which elements have a constant value.
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

/// All elements are the channel Ids::needed, with unknown values: for what nothing more is known
/// of.
Channels whole(at::IntArrayRef sizes);

/// NaN (not known) everywhere, in the shape of `known`.
at::Tensor unknown_like(const at::Tensor& known);

/// Of a constant: all elements are Ids::needed, with its values.
Channels constant_channels(const at::Tensor& value);

/// The same, with stride 0 along each axis on which the elements do not change: what the functions
/// below expect.
Channels canonical(const Channels& channels);

/// The axes along which the ids change, ascending.
std::vector<int64_t> changing_axes(const at::Tensor& ids);

bool changes_along(const at::Tensor& ids, int64_t axis);

/// The tensor with size 1 in place of expanded axes: a view that holds each number once.
at::Tensor unexpanded(const at::Tensor& expanded);

/// [size of `axis`, all the rest], also where there are no elements.
at::Tensor rows_along(const at::Tensor& tensor, int64_t axis);

/// One number per index of `axis`.
struct AxisChannels {
  at::Tensor ids;    ///< int64 [size]
  at::Tensor known;  ///< float64 [size]; NaN also where it changes along other axes
};

/// The channels of `axis` alone; nothing if the ids change along another axis too.
std::optional<AxisChannels> along_axis(const Channels& channels, int64_t axis);

}  // namespace actsparse
