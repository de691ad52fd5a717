#pragma once
// Which tensors of a model share memory: names of one tensor (tied weights), views of one storage.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <vector>

namespace actsparse {

/// Where the elements of a tensor are. Equal for all names of one tensor, as long as one lives.
struct TensorPlace {
  const void* storage = nullptr;  ///< of a tensor without storage: the tensor itself
  int64_t begin = 0, end = 0;  ///< bytes of the storage, from its first to behind its last element
  std::vector<int64_t> sizes = {}, strides = {};
  int64_t form = 0;  ///< dtype, and whether it is read as conjugate or negative

  bool operator<(const TensorPlace& other) const;
  bool operator==(const TensorPlace& other) const;
};

TensorPlace place_of(const at::Tensor& tensor);

/// Calls `visit` with each defined tensor in a value: in lists, tuples, dictionaries and attributes
/// of objects, each object once.
void for_each_tensor(const c10::IValue& value, const std::function<void(const at::Tensor&)>& visit);

/// Parts of memory that have no byte in common: tensors that overlap lie in the same one.
class MemoryRegions {
 public:
  explicit MemoryRegions(const std::vector<at::Tensor>& tensors);
  /// The number of the region of one of these tensors.
  size_t of(const at::Tensor& tensor) const;
  /// Bytes of all regions in a storage, as TensorPlace::storage tells it.
  int64_t bytes_in(const void* storage) const;
  int64_t bytes() const;

 private:
  struct Region {
    int64_t end = 0;
    size_t number = 0;
  };
  std::map<std::pair<const void*, int64_t>, Region> regions_;  // by storage and first byte
};

/// Puts other tensors in place of those at the given places, wherever a module's attributes hold
/// them: also in lists, tuples and dictionaries.
void replace_tensors(const torch::jit::Module& model,
                     const std::map<TensorPlace, at::Tensor>& by_place);

/// Gives memory of their own to those tensors of a module's attributes whose storage holds more
/// than the module has of it, as a file would hold all of it: views of a storage of which other
/// parts have been replaced. Names of one tensor stay that; tensors that overlap stay as they are.
void own_memory(const torch::jit::Module& model);

}  // namespace actsparse
