#pragma once
// Sizes of tensors that views take as they are: they shrink by themselves.
#include <torch/csrc/jit/ir/ir.h>

#include <optional>

#include "compact/visit.h"

namespace actsparse::rules {

/// A number that is the size of a tensor along an axis.
struct SizeRead {
  const torch::jit::Value* tensor;
  int64_t axis;
};
/// Nothing for other numbers.
std::optional<SizeRead> size_read(const torch::jit::Value& number);

/// Notes that element `element` of the list of sizes that the visited node is given is the size of
/// a tensor of which the same channels stay as of `output` along `axis`. False if it is not.
bool follows_size(Visit& visit, const torch::jit::Value& list, size_t element,
                  const Channels& output, int64_t axis);

/// Whether all that reads a size is noted in `followed`.
bool is_followed(const torch::jit::Value& size, const FollowedSizes& followed);
/// The same of the size along `axis` in the list of all sizes of a tensor of `rank` axes.
bool is_followed(const torch::jit::Value& sizes, int64_t axis, int64_t rank,
                 const FollowedSizes& followed);
/// Whether anything reads that.
bool is_size_read(const torch::jit::Value& sizes, int64_t axis, int64_t rank);

}  // namespace actsparse::rules
