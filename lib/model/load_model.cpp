#include "model/load_model.h"

#include <ATen/Context.h>
#include <caffe2/serialize/inline_container.h>
#include <spdlog/spdlog.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/nearest.h"
#include "data/zip.h"
#include "exported/archive.h"
#include "exported/import_program.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

using torch::jit::Module;

Error model_error(const fs::path& path, const std::string& what) {
  return Error(ErrorKind::Model, path.string() + ": " + what);
}

// The first 8 bytes, fewer if the file is shorter.
std::string start_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw model_error(path, std::string("the model file cannot be read: ") + std::strerror(errno));
  std::string start(8, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return start;
}

void check_file(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw model_error(path, "the model file does not exist");
  if (fs::is_directory(path, ignored)) throw model_error(path, "is a folder, not a model file");
  const std::string start = start_of(path);
  if (start.empty()) throw model_error(path, "the model file is empty");
  if (start.size() == 8 && start.substr(4) == "PTMF")
    throw model_error(path,
                      "is a mobile model in the flatbuffer format, which holds bytecode and no "
                      "TorchScript; save it with torch.jit.save or "
                      "_save_for_lite_interpreter(_use_flatbuffer=False)");
  if (start.substr(0, 4) != "PK\3\4")
    throw model_error(path,
                      "is not a TorchScript file (a zip archive made by torch.jit.save); models "
                      "saved by torch.save must be scripted or traced first");
}

bool is_too_new(const std::string& reason) {
  return reason.find("the maximum supported version for reading") != std::string::npos;
}

// LibTorch takes memory for whatever size an entry claims.
void check_sizes(const fs::path& path) try {
  const ZipArchive checked(path, ErrorKind::Model);
} catch (const Error& cause) {
  throw model_error(path, "the archive is damaged or truncated; copy or save the model again")
      .with_details(cause.what());
}

// A zip archive that is no TorchScript: say what it is.
void check_archive(const fs::path& path) {
  check_sizes(path);
  std::unique_ptr<caffe2::serialize::PyTorchStreamReader> reader;
  try {
    reader = std::make_unique<caffe2::serialize::PyTorchStreamReader>(path.string());
  } catch (const std::exception& cause) {
    if (is_too_new(cause.what()))
      throw model_error(path,
                        "was saved by a newer PyTorch than this LibTorch reads; save it "
                        "with an older PyTorch, or build actsparse with a newer LibTorch")
          .with_details(cause.what());
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

// The word after `text` in `message`; empty if it does not occur.
std::string word_after(const std::string& message, const std::string& text) {
  const auto at = message.find(text);
  if (at == std::string::npos) return "";
  const auto begin = at + text.size();
  return message.substr(begin, message.find_first_of("'. \n", begin) - begin);
}

// What LibTorch's reason means for the user; empty if it has to speak for itself.
std::string load_failure(const std::string& reason) {
  const std::string remedy = "; give the library that registers it with --load-library FILE.so";
  if (const auto name = word_after(reason, "Unknown builtin op: "); !name.empty())
    return "needs the operator '" + name + "', which LibTorch does not have" + remedy;
  const std::string classes = "'__torch__.torch.classes.";
  if (const auto at = reason.find("Unknown type name " + classes); at != std::string::npos) {
    const auto begin = reason.find(classes, at) + classes.size();
    return "needs the custom class '" + reason.substr(begin, reason.find('\'', begin) - begin) +
           "', which LibTorch does not have" + remedy;
  }
  return "";
}

// Why a call does not fit a signature comes after the signature.
std::string load_reason(const std::string& text) {
  const std::string first = first_line(text);
  const auto why = text.find("Expected a value of type ");
  if (why == std::string::npos || first.find(text.substr(why, 20)) != std::string::npos)
    return first;
  return first + " " + first_line(text.substr(why));
}

Module load_exported(const fs::path& path, c10::Device device) {
  const auto archive = exported::read_archive(path);
  try {
    auto imported = exported::import_program(archive);
    for (const auto& warning : imported.warnings) spdlog::warn("{}: {}", path.string(), warning);
    if (!device.is_cpu()) imported.module.to(device);
    return imported.module;
  } catch (const Error& error) {
    throw error.in(path.string());
  }
}

}  // namespace

Module load_model(const fs::path& path, const std::string& device) {
  const c10::Device target = parse_device(device);
  check_file(path);
  if (exported::is_archive(path)) return load_exported(path, target);
  check_archive(path);
  try {
    return torch::jit::load(path.string(), target);
  } catch (const std::exception& cause) {
    const std::string known = load_failure(cause.what());
    throw model_error(path, !known.empty() ? known
                                           : "LibTorch cannot load this TorchScript file: " +
                                                 load_reason(cause.what()))
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

Module read_model(std::istream& archive, const std::string& device) try {
  return torch::jit::load(archive, parse_device(device));
} catch (const std::exception& cause) {
  throw Error(ErrorKind::Model,
              "what was made of the model cannot be loaded again: " + load_reason(cause.what()))
      .with_details(cause.what());
}

Module through_archive(const Module& model, const std::string& device) {
  std::stringstream archive;
  write_model(model, archive);
  return read_model(archive, device);
}

const char* libtorch_version() { return TORCH_VERSION; }

void write_model(const Module& model, std::ostream& out,
                 const torch::jit::ExtraFilesMap& extra_files) {
  // LibTorch must not learn of a full disk: it would throw in a destructor, which ends the process.
  const auto write = [&](const void* bytes, size_t count) {
    out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
    return count;
  };
  try {
    torch::jit::ExportModule(model, write, extra_files);
  } catch (const std::exception& cause) {
    // Not every graph has a source form; LibTorch names the node.
    throw Error(ErrorKind::Model, "the masked model cannot be written: " + first_line(cause.what()))
        .with_details(cause.what());
  }
  if (!out) throw Error(ErrorKind::Output, "the masked model cannot be written: is the disk full?");
}

}  // namespace actsparse
