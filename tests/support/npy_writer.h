#pragma once
// .npy, .npz and .pt files as NumPy and PyTorch write them, and files that lie.
#include <ATen/core/ivalue.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace actsparse {

struct NpyStyle {
  bool fortran_order = false;
  bool big_endian = false;
  int major = 1;  ///< format version
};

/// Magic, version and `dict` padded as NumPy pads it; no data.
std::string npy_header_bytes(const std::string& dict, int major = 1);

/// The whole file for a contiguous tensor.
std::string npy_bytes(const at::Tensor& tensor, NpyStyle style = {});

/// Names (with ".npy", if they are arrays) and contents.
using ZipContents = std::vector<std::pair<std::string, std::string>>;
void write_zip(const std::filesystem::path& path, const ZipContents& contents,
               bool deflated = false);

/// A file of torch::pickle_save.
void write_pt(const std::filesystem::path& path, const c10::IValue& value);

}  // namespace actsparse
