#pragma once
// The part of Python's pickle format that torch.save and torch::pickle_save write for tensors,
// tuples, lists, dicts and scalars. torch::jit::Unpickler reads it too, but trusts its input (a
// damaged file crashes it) and refuses Python's integers between 4 and 8 bytes, which every tensor
// of 2^31 elements needs.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace actsparse {

/// A tensor as the pickle describes it: a window on a storage that is kept apart. Unchecked.
struct StoredTensor {
  std::string key;  ///< the storage's name
  c10::ScalarType dtype = c10::ScalarType::Float;
  int64_t storage_elements = 0;
  int64_t offset = 0;  ///< in elements
  std::vector<int64_t> sizes, strides;
};

using TensorLoader = std::function<at::Tensor(const StoredTensor&)>;

/// The value in `pickle`; tensors come from `load_tensor`. Lists and dicts are untyped (List[Any],
/// Dict[Any, Any]) but for lists of C++ (build_intlist and the like); a TorchScript object is the
/// dict of its attributes; requires_grad is dropped.
/// Throws std::exception with one line if the pickle is damaged, holds anything else, or would take
/// more than about `most_bytes` once what it shares (a value used twice, an expanded tensor) is
/// copied; no input makes it do worse.
c10::IValue unpickle_value(const std::string& pickle, const TensorLoader& load_tensor,
                           int64_t most_bytes = int64_t{1} << 30);

}  // namespace actsparse
