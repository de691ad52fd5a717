#pragma once
// Values that must wait for their turn outside memory.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace actsparse {

/// Values of one batch: where the elements of its tensors lie in the file; all else as it is.
struct KeptValues {
  struct Value {
    c10::IValue value;    ///< of a tensor in the file: an empty one of its dtype, elsewhere itself
    int64_t offset = -1;  ///< -1: not in the file
    std::vector<int64_t> sizes, strides;
  };
  std::vector<Value> values;
};

/// A file without a name: gone with the object, and with the process. Not thread safe.
class ValueFile {
 public:
  /// Throws Error(Output) if none can be made in `folder`.
  explicit ValueFile(const std::filesystem::path& folder);
  ~ValueFile();
  ValueFile(const ValueFile&) = delete;
  ValueFile& operator=(const ValueFile&) = delete;

  /// Throws Error(Output) if the disk is full.
  KeptValues keep(std::vector<c10::IValue> values);
  /// Tensors with the layout and on the device that they had.
  std::vector<c10::IValue> get(const KeptValues& kept) const;

 private:
  std::filesystem::path folder_;
  int file_;
  int64_t size_ = 0;
};

}  // namespace actsparse
