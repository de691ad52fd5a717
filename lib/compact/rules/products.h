#pragma once
// Products of two activations: attention's scores, and its mixtures of values.
#include <vector>

#include "compact/visit.h"

namespace actsparse::rules {

/// A tensor whose axes have labels, as in einsum: an axis of both factors and of the result is a
/// batch axis, one of a factor and the result is free, one that the result lacks is summed over.
struct Labelled {
  Channels channels;
  std::vector<int64_t> labels;  ///< one per axis, each once
};

/// The labels of matmul's factors and of its result.
struct ProductLabels {
  std::vector<int64_t> a, b, result;
};
/// Of [..., n, k] and [..., k, m], whose other axes are broadcast.
ProductLabels matmul_labels(int64_t rank_of_a, int64_t rank_of_b);
/// Of an einsum of two operands. Throws NotUnderstood if there are more, or one label stands twice
/// in one of them.
ProductLabels einsum_labels(const std::string& equation, int64_t rank_of_a, int64_t rank_of_b);

/// What the product of two factors holds, in its `sizes`: new ids, one for each combination of
/// channels that its elements are made of. Tells `visit` what each needs, and which axes the
/// factors and the result share.
Channels product(Visit& visit, const Labelled& a, const Labelled& b,
                 const std::vector<int64_t>& result, at::IntArrayRef sizes);

/// Multiplications of a product of tensors of these sizes.
int64_t product_macs(const ProductLabels& labels, at::IntArrayRef a, at::IntArrayRef b);

}  // namespace actsparse::rules
