#pragma once
// The zip file behind torch.save: a pickle, and one record per tensor storage.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "data/unpickler.h"

namespace actsparse {

/// What is said of a TorchScript model that is given for data.
inline constexpr const char* is_a_model =
    "is a TorchScript model; give a file of torch.save with tensors";

class TorchRecords;

class TorchArchive {
 public:
  /// Opens a file of torch.save (PyTorch >= 1.6), pickle_save, or C++'s torch::save. Throws
  /// Error(`kind`): missing, empty, cut off, of an older or another format, a TorchScript model.
  TorchArchive(const std::string& path, ErrorKind kind);
  ~TorchArchive();
  TorchArchive(const TorchArchive&) = delete;
  TorchArchive& operator=(const TorchArchive&) = delete;

  /// Of the file, in bytes.
  int64_t size() const;
  /// The pickle is about a module without methods: C++'s torch::save writes tensors as one.
  bool is_module() const;
  /// The pickle's bytes.
  std::string pickle() const;
  /// A tensor on the bytes of the file itself, paged in when touched; writing to it does not reach
  /// the file. Throws std::runtime_error if the description does not fit the file.
  at::Tensor tensor(const StoredTensor& stored) const;

 private:
  std::unique_ptr<TorchRecords> records_;
};

}  // namespace actsparse
