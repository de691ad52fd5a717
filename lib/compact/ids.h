#pragma once
// Channel ids. Each element of an activation belongs to one channel; channels that can only be kept
// or removed together are tied to one class.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace actsparse {

/// Union-find over channel ids. Id 0 stands for all that must be kept.
class Ids {
 public:
  static constexpr int64_t needed = 0;

  /// `count` new ids, int64 [count], each a class of its own.
  at::Tensor fresh(int64_t count);
  void tie(int64_t a, int64_t b);
  /// Ties the elements of two int64 tensors of one shape, pair by pair.
  void tie(const at::Tensor& a, const at::Tensor& b);
  /// The class of an id: the smallest id in it.
  int64_t root(int64_t id) const;
  /// The classes of all elements; same shape.
  at::Tensor roots(const at::Tensor& ids) const;
  /// Which fresh() made it, counted from 1; 0 for `needed`.
  int64_t block(int64_t id) const { return blocks_[id]; }
  int64_t size() const { return static_cast<int64_t>(parents_.size()); }

 private:
  mutable std::vector<int64_t> parents_ = {0};
  std::vector<int64_t> blocks_ = {0};
};

/// The values of an int64 tensor, each once, ascending, without 0.
std::vector<int64_t> distinct(const at::Tensor& ids);

}  // namespace actsparse
