#pragma once
// TorchScript files in and out.
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <istream>
#include <ostream>
#include <string>

namespace actsparse {

/// Loads a TorchScript archive onto `device` ("cpu", "cuda", "cuda:1"), wherever it was saved.
/// Throws Error(Model); missing, empty, truncated, not TorchScript, and state_dict or pickled
/// nn.Module archives get messages of their own.
torch::jit::Module load_model(const std::filesystem::path& path, const std::string& device = "cpu");

/// Throws Error(Model) with the methods there are, if `model` has no method of that name.
void require_method(const torch::jit::Module& model, const std::string& method);

/// Writes the archive. Equal modules give equal bytes: no file name, no time in it. Throws
/// Error(Output) if `out` fails, Error(Model) if LibTorch has no source form for the graphs.
void write_model(const torch::jit::Module& model, std::ostream& out,
                 const torch::jit::ExtraFilesMap& extra_files = {});

/// Loads what write_model() wrote onto `device`. Throws Error(Model).
torch::jit::Module read_model(std::istream& archive, const std::string& device);

/// What would come back from a file: `model` written to memory and loaded onto `device`. Throws
/// Error(Model) if it cannot be.
torch::jit::Module through_archive(const torch::jit::Module& model, const std::string& device);

/// "1.13.0", of the build; the library's name holds it too, so that no other is loaded.
const char* libtorch_version();

}  // namespace actsparse
