#pragma once
// Class scores and labels as rows: one row per position, that is per sample of a classifier, per
// token of a language model, per pixel of a segmentation.
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

struct Scores {
  at::Tensor rows;      ///< [positions, classes], contiguous, float32 or float64
  int64_t samples = 0;  ///< each of positions / samples rows in sequence
};
/// `output` as plain() returns it; `class_dim` as choose_class_dim() does.
Scores score_rows(const at::Tensor& output, int64_t class_dim);

/// Labels as int64 [positions]. Error(Data), which names both sides, if they are no integers, not
/// of the shape of `output` without `class_dim`, or a label is neither a class nor `ignore`.
at::Tensor label_rows(const at::Tensor& labels, const NamedTensor& output, int64_t class_dim,
                      const std::optional<int64_t>& ignore);

}  // namespace actsparse
