#pragma once
// One argument of the method as a row of samples; one implementation per format of files.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/data_config.h"
#include "config/data_formats.h"

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
  /// The same samples one by one, without dimension 0; these may differ in their sizes. Throws as
  /// read() does.
  virtual std::vector<at::Tensor> read_each(int64_t first, int64_t count) {
    return read(first, count).unbind(0);
  }
};

/// Opens a file and checks its header; reads no sample yet. Throws Error(Data) that names the file.
using OpenSamples = std::function<std::unique_ptr<SampleReader>(const FileInput&)>;

/// Opens a file by its extension; samples come as `input.conversion` asks. Throws Error(Data), also
/// for a member of a format without, or a conversion that does not fit.
std::unique_ptr<SampleReader> open_samples(const FileInput& input);

/// A format of a C++ program's own: as long as this object lives, configs may name files with its
/// extension, and `open` opens them. Make it before any config is read, and on one thread.
/// Throws Error(Usage) if the extension is taken.
class RegisterFormat {
 public:
  RegisterFormat(const DataFormat& format, OpenSamples open);
  ~RegisterFormat();
  RegisterFormat(const RegisterFormat&) = delete;
  RegisterFormat& operator=(const RegisterFormat&) = delete;

 private:
  std::string extension_;
};

}  // namespace actsparse
