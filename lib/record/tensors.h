#pragma once
#include <ATen/core/Tensor.h>

#include <variant>
#include <vector>

namespace actsparse {

/// One tensor, or one per feature where a layer has `features`.
using TensorOrList = std::variant<at::Tensor, std::vector<at::Tensor>>;

/// The same as a list, of one element where there are no features.
std::vector<at::Tensor> as_list(const TensorOrList& tensors);
/// The reverse: a list if `has_features`, else its only element.
TensorOrList tensor_or_list(std::vector<at::Tensor> tensors, bool has_features);

}  // namespace actsparse
