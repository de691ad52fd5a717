#pragma once
// How far a model's answers are from those of the model that teaches it.
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

namespace actsparse {

/// All of an answer, in its order. Throws Error(Data) if there are none.
std::vector<at::Tensor> floating_tensors(const c10::IValue& answer);

/// A 0-d tensor with autograd's graph. "mse": mean squares, each tensor's relative to what is
/// wanted, added; "kl": the mean Kullback-Leibler divergence of the first one's classes, which lie
/// along dimension 1 of two or four, along the last otherwise (Hinton et al. 2015, arXiv
/// 1503.02531, with temperature 1).
at::Tensor distance(const std::vector<at::Tensor>& given, const std::vector<at::Tensor>& wanted,
                    const std::string& loss);

}  // namespace actsparse
