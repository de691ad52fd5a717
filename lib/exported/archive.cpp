#include "exported/archive.h"

#include <algorithm>

#include "base/error.h"
#include "data/batch_source.h"
#include "data/named_copy.h"
#include "data/torch_records.h"
#include "data/zip.h"
#include "exported/parse_json.h"
#include "exported/read_argument.h"

namespace actsparse::exported {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* old_program = "serialized_exported_program.json";
constexpr int64_t most_json_bytes = int64_t{1} << 28;

Error model_error(const fs::path& path, const std::string& what) {
  return Error(ErrorKind::Model, path.string() + ": " + what);
}

// Without the folder that all entries of the new form stand in.
std::string inner_name(const ZipEntry& entry) {
  return entry.name.substr(entry.name.find('/') + 1);
}

const ZipEntry* find_entry(const ZipArchive& zip, const std::string& name) {
  for (const auto& entry : zip.entries())
    if (entry.name == name) return &entry;
  return nullptr;
}

std::string text_of(const ZipArchive& zip, const ZipEntry& entry) {
  if (entry.size > most_json_bytes) throw std::runtime_error("its " + entry.name + " is too large");
  std::string bytes(static_cast<size_t>(entry.size), '\0');
  zip.open(entry)->read_at(0, bytes.data(), entry.size);
  return bytes;
}

c10::IValue unpickled(const std::string& path, const std::string& entry) try {
  return read_pickle(path, ErrorKind::Model);
} catch (const Error& error) {  // the copy's name tells nobody anything
  const std::string what = error.what();
  const size_t skipped = what.compare(0, path.size(), path) == 0 ? path.size() : 0;
  throw std::runtime_error("its " + entry + what.substr(skipped));
}

// What torch.save wrote: a dict of tensors by name.
std::map<std::string, at::Tensor> saved_dict(const ZipArchive& zip, const ZipEntry& entry) {
  const auto bytes = zip.open(entry);
  const NamedCopy copy(*bytes);
  const c10::IValue value = unpickled(copy.path(), entry.name);
  std::map<std::string, at::Tensor> tensors;
  if (!value.isGenericDict()) throw std::runtime_error("its " + entry.name + " is not a dict");
  for (const auto& item : value.toGenericDict()) {
    if (!item.key().isString() || !item.value().isTensor())
      throw std::runtime_error("its " + entry.name + " holds other things than tensors by name");
    tensors[item.key().toStringRef()] = item.value().toTensor();
  }
  return tensors;
}

// One line of model_weights_config.json.
StoredTensor read_stored(const json& meta, int64_t bytes) {
  StoredTensor stored;
  stored.dtype = read_dtype(meta.at("dtype"));
  if (meta.at("layout") != 7)
    throw std::runtime_error("it holds sparse tensors, which are not taken");
  stored.storage_elements = bytes / static_cast<int64_t>(c10::elementSize(stored.dtype));
  stored.offset = meta.at("storage_offset").at("as_int").get<int64_t>();
  for (const auto& size : meta.at("sizes")) stored.sizes.push_back(size.at("as_int"));
  for (const auto& stride : meta.at("strides")) stored.strides.push_back(stride.at("as_int"));
  return stored;
}

// What shares a payload, with the same window on it, is one tensor.
std::map<std::string, at::Tensor> payloads(const TorchRecords& records, const std::string& folder,
                                           const std::string& config) {
  std::map<std::string, at::Tensor> tensors, by_window;
  const json payload = parse_json(records.text(folder + config, most_json_bytes));
  for (const auto& [name, entry] : payload.at("config").items()) {
    const auto record = folder + entry.at("path_name").get<std::string>();
    if (entry.at("use_pickle").get<bool>())
      throw std::runtime_error("'" + name +
                               "' is a pickled object (a tensor of a class of its own)" +
                               ", which is not taken; export the model with plain tensors");
    const auto found = records.all().find(record);
    if (found == records.all().end()) throw std::runtime_error("it has no " + record);
    at::Tensor& tensor = by_window[record + entry.at("tensor_meta").dump()];
    if (!tensor.defined())
      tensor = records.tensor(record, read_stored(entry.at("tensor_meta"), found->second.size));
    tensors[name] = tensor;
  }
  return tensors;
}

std::map<std::string, at::Tensor> new_tensors(const fs::path& path, const std::string& folder,
                                              const std::string& config) {
  const TorchRecords records(path.string(), ErrorKind::Model);
  if (!records.has_byte_order())
    throw std::runtime_error("it was saved on a machine with another byte order");
  if (records.has(folder + config)) return payloads(records, folder, config);
  // PyTorch 2.8 put all into one file of torch.save.
  const ZipArchive zip(path, ErrorKind::Model);
  for (const auto& entry : zip.entries())
    if (inner_name(entry) == folder + "model.pt") return saved_dict(zip, entry);
  return {};
}

std::map<std::string, at::Tensor> old_tensors(const ZipArchive& zip, const std::string& name) {
  const auto* entry = find_entry(zip, name);
  if (entry == nullptr) throw std::runtime_error("it has no " + name);
  if (entry->size == 0) return {};
  return saved_dict(zip, *entry);
}

Archive read_old(const ZipArchive& zip) {
  Archive archive;
  archive.program = parse_json(text_of(zip, *find_entry(zip, old_program)));
  archive.tensors = old_tensors(zip, "serialized_state_dict.pt");
  archive.constants = old_tensors(zip, "serialized_constants.pt");
  return archive;
}

std::string why_no_program(const ZipArchive& zip) {
  for (const auto& entry : zip.entries())
    if (inner_name(entry).compare(0, 16, "data/aotinductor") == 0)
      return "it is compiled code (AOTInductor) without a graph; save the model with "
             "torch.export.save";
  return "it holds no program, as if saving it had broken off; save the model again";
}

Archive read_new(const fs::path& path, const ZipArchive& zip) {
  const ZipEntry* program = nullptr;
  std::string models;
  for (const auto& entry : zip.entries()) {
    const std::string name = inner_name(entry);
    if (name.compare(0, 7, "models/") != 0 || fs::path(name).extension() != ".json") continue;
    models += (models.empty() ? "" : ", ") + fs::path(name).stem().string();
    if (program != nullptr && name != "models/model.json") continue;
    program = &entry;
  }
  if (program == nullptr) throw std::runtime_error(why_no_program(zip));
  if (models.find(',') != std::string::npos)
    throw std::runtime_error("it holds several models (" + models + "); save each in its own file");
  const std::string model = fs::path(program->name).stem().string();
  Archive archive;
  archive.program = parse_json(text_of(zip, *program));
  archive.tensors = new_tensors(path, "data/weights/", model + "_weights_config.json");
  archive.constants = new_tensors(path, "data/constants/", model + "_constants_config.json");
  return archive;
}

}  // namespace

bool is_archive(const fs::path& path) try {
  const ZipArchive zip(path, ErrorKind::Model);
  return std::any_of(zip.entries().begin(), zip.entries().end(), [](const ZipEntry& entry) {
    return entry.name == old_program || inner_name(entry) == "archive_format";
  });
} catch (const Error&) {
  return false;  // whoever reads it on tells why
}

Archive read_archive(const fs::path& path) try {
  const ZipArchive zip(path, ErrorKind::Model);
  const bool is_old = find_entry(zip, old_program) != nullptr;
  return is_old ? read_old(zip) : read_new(path, zip);
} catch (const Error&) {
  throw;
} catch (const std::exception& error) {
  throw model_error(path,
                    "the archive of torch.export cannot be taken: " + first_line(error.what()));
}

}  // namespace actsparse::exported
