#include "model/load_model.h"

#include <ATen/Context.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/import.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/nearest.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

using torch::jit::Module;

Error model_error(const fs::path& path, const std::string& what) {
  return Error(ErrorKind::Model, path.string() + ": " + what);
}

bool starts_like_zip(const fs::path& path) {
  std::array<char, 4> magic{};
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw model_error(path, std::string("the model file cannot be read: ") + std::strerror(errno));
  file.read(magic.data(), magic.size());
  return file.gcount() == 4 && std::memcmp(magic.data(), "PK\3\4", 4) == 0;
}

void check_file(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw model_error(path, "the model file does not exist");
  if (fs::is_directory(path, ignored)) throw model_error(path, "is a folder, not a model file");
  const bool zip = starts_like_zip(path);
  if (fs::file_size(path, ignored) == 0) throw model_error(path, "the model file is empty");
  if (!zip)
    throw model_error(path,
                      "is not a TorchScript file (a zip archive made by torch.jit.save); models "
                      "saved by torch.save must be scripted or traced first");
}

// A zip archive that is no TorchScript: say what it is.
void check_archive(const fs::path& path) {
  std::unique_ptr<caffe2::serialize::PyTorchStreamReader> reader;
  try {
    reader = std::make_unique<caffe2::serialize::PyTorchStreamReader>(path.string());
  } catch (const std::exception& cause) {
    throw model_error(path, "the archive is damaged or truncated; copy or save the model again")
        .with_details(cause.what());
  }
  if (reader->hasRecord("constants.pkl") || reader->hasRecord("model.json")) return;
  if (reader->hasRecord("data.pkl"))
    throw model_error(path,
                      "holds a state_dict or a pickled nn.Module (torch.save), not TorchScript; "
                      "save torch.jit.script(model) or torch.jit.trace(model, example) with "
                      "torch.jit.save");
  throw model_error(path, "is a zip archive, but not one of PyTorch's");
}

c10::Device parse_device(const std::string& device) {
  try {
    const c10::Device parsed(device);
    if (parsed.is_cuda() && !at::globalContext().hasCUDA())
      throw std::runtime_error("this LibTorch finds no CUDA device");
    return parsed;
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Usage, "--device " + device + ": " + first_line(cause.what()));
  }
}

}  // namespace

Module load_model(const fs::path& path, const std::string& device) {
  const c10::Device target = parse_device(device);
  check_file(path);
  check_archive(path);
  try {
    return torch::jit::load(path.string(), target);
  } catch (const std::exception& cause) {
    throw model_error(path,
                      "LibTorch cannot load this TorchScript file: " + first_line(cause.what()))
        .with_details(cause.what());
  }
}

void require_method(const Module& model, const std::string& method) {
  if (model.find_method(method)) return;
  std::vector<std::string> names;
  for (const auto& candidate : model.get_methods()) names.push_back(candidate.name());
  throw Error(ErrorKind::Model, "the model has no method '" + method + "'" +
                                    (names.empty() ? "; it has no methods at all"
                                                   : "; it has " + quoted_list(names)) +
                                    did_you_mean(method, names));
}

void write_model(const Module& model, std::ostream& out) {
  // LibTorch must not learn of a full disk: it would throw in a destructor, which ends the process.
  const auto write = [&](const void* bytes, size_t count) {
    out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
    return count;
  };
  try {
    torch::jit::ExportModule(model, write);
  } catch (const std::exception& cause) {
    // Not every graph has a source form; LibTorch names the node.
    throw Error(ErrorKind::Model, "the masked model cannot be written: " + first_line(cause.what()))
        .with_details(cause.what());
  }
  if (!out) throw Error(ErrorKind::Output, "the masked model cannot be written: is the disk full?");
}

}  // namespace actsparse
