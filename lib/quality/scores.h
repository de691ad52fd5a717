#pragma once
// Class scores and labels by position: that is a sample of a classifier, a token of a language
// model, a pixel of a segmentation.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "quality/output_tree.h"

namespace actsparse {

/// Which dimension of an output of shape `sizes` counts classes. A given one is taken as it is
/// (Error(Config) if there is no such dimension). Else the only one, dimension 0 aside, that
/// `labels` (their shape; null: there are none) leave out; else 1 of 2-d and 4-d outputs and the
/// last of 3-d ones. Nothing if there are no such classes, or fewer than two.
std::optional<int64_t> choose_class_dim(const NamedTensor& output, const at::IntArrayRef* labels,
                                        const std::optional<int64_t>& given);

/// Shares the output's memory. Position p's score of class c is element
/// (p / stride * classes + c) * stride + p % stride of `values`: where classes are the last
/// dimension `stride` is 1, and a position's scores lie side by side.
struct Scores {
  at::Tensor values;  ///< contiguous, float32 or float64
  int64_t positions = 0, classes = 0, stride = 1;
  int64_t samples = 0;  ///< each of positions / samples positions in sequence
};
/// `output` as plain() returns it; `class_dim` as choose_class_dim() does.
Scores scores_of(const at::Tensor& output, int64_t class_dim);

/// Labels as int64 [positions]. Error(Data), which names both sides, if they are no integers, not
/// of the shape of `output` without `class_dim`, or a label is neither a class nor `ignore`.
at::Tensor label_rows(const at::Tensor& labels, const NamedTensor& output, int64_t class_dim,
                      const std::optional<int64_t>& ignore);

}  // namespace actsparse
