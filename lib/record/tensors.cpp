#include "record/tensors.h"

#include <utility>

namespace actsparse {

std::vector<at::Tensor> as_list(const TensorOrList& tensors) {
  if (const auto* tensor = std::get_if<at::Tensor>(&tensors)) return {*tensor};
  return std::get<std::vector<at::Tensor>>(tensors);
}

TensorOrList tensor_or_list(std::vector<at::Tensor> tensors, bool has_features) {
  if (has_features) return tensors;
  return std::move(tensors.at(0));
}

}  // namespace actsparse
