#pragma once
// A .pt2 file of torch.export.save, in the form of PyTorch 2.6 or of 2.14.
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse::exported {

struct Archive {
  nlohmann::json program;
  std::map<std::string, at::Tensor> tensors;  ///< parameters and buffers by FQN, on the file's own
                                              ///< bytes; what shares memory there shares it here
  std::map<std::string, at::Tensor> constants;  ///< other constants by name
};

/// Whether `path` is a zip file that has the entries of such an archive.
bool is_archive(const std::filesystem::path& path);

/// Throws Error(Model): damaged, of another kind (AOTInductor's packages), with tensors that are
/// pickled objects, or whose sizes do not fit what is there.
Archive read_archive(const std::filesystem::path& path);

}  // namespace actsparse::exported
