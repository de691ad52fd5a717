#pragma once
// One argument of the method as a row of samples; one implementation per kind of file.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "config/config.h"

namespace actsparse {

class SampleReader {
 public:
  virtual ~SampleReader() = default;
  /// Number of samples, >= 1.
  virtual int64_t size() const = 0;
  /// Of one sample as read() gives it.
  virtual int64_t sample_bytes() const = 0;
  /// Samples first .. first + count - 1 as a contiguous CPU tensor of its own: writing to it
  /// reaches no other one. Samples are in dimension 0.
  /// Throws Error(Data) that names the file.
  virtual at::Tensor read(int64_t first, int64_t count) = 0;
};

/// Opens a .npy, .npz or .pt file by its extension and checks its header. Throws Error(Data).
std::unique_ptr<SampleReader> open_samples(const FileInput& input);

/// The tensor in a .pt file of torch.save, paged in as samples are read. Throws Error(Data).
std::unique_ptr<SampleReader> open_tensor_file(const std::filesystem::path& path);

}  // namespace actsparse
