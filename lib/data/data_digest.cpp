#include "data/data_digest.h"

#include <ATen/core/Tensor.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/digest.h"
#include "data/images.h"

namespace actsparse {
namespace {

// Its length first, so that neighbours cannot run into each other.
void add(Digest& digest, const std::string& text) {
  const std::string framed = std::to_string(text.size()) + ":" + text;
  digest.update(framed.data(), framed.size());
}

using Files = std::vector<std::pair<std::string, std::filesystem::path>>;
/// What stands for the contents of a file.
using Describe = std::string (*)(const std::filesystem::path&);

std::string sha256(const std::filesystem::path& path) {
  return digest_of_file(path, ErrorKind::Data);
}

std::string size_and_time(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    throw Error(ErrorKind::Data, path.string() + ": cannot be read: " + std::strerror(errno));
  return std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + " " +
         std::to_string(info.st_mtim.tv_nsec);
}

std::string describe(const Files& files, Describe contents) {
  Digest digest;
  for (const auto& [name, path] : files) {
    add(digest, name);
    add(digest, contents(path));
  }
  return digest.hex();
}

// Only what is not the default, so that the digests of older configs stay.
void add(Digest& digest, const Conversion& conversion) {
  nlohmann::json spec = nlohmann::json::object();
  const Conversion none;
  auto permute = nlohmann::json::array();
  for (const auto& dim : conversion.permute)
    permute.push_back(dim ? nlohmann::json(*dim) : nlohmann::json());
  if (!permute.empty()) spec["permute"] = permute;
  if (conversion.dtype != none.dtype) spec["dtype"] = conversion.dtype;
  if (conversion.divide_by != none.divide_by) spec["divide_by"] = conversion.divide_by;
  if (!conversion.mean.empty()) spec["mean"] = conversion.mean;
  if (!conversion.std.empty()) spec["std"] = conversion.std;
  if (conversion.channel_dim != none.channel_dim) spec["channel_dim"] = conversion.channel_dim;
  if (!spec.empty()) add(digest, spec.dump());
}

void add_list(Digest& digest, bool as_list) {
  if (as_list) add(digest, "list");
}

struct AddInput {
  Digest& digest;
  Describe contents;
  void operator()(const FileInput& input) const {
    add(digest, "file");
    add(digest, input.written_path);
    add(digest, input.member);
    add(digest, contents(input.path));
    add(digest, input.conversion);
    add_list(digest, input.as_list);
  }
  void operator()(const RandomInput& input) const {
    const nlohmann::json spec = {{"shape", input.shape},
                                 {"dtype", input.dtype},
                                 {"seed", input.seed},
                                 {"low", input.low},
                                 {"high", input.high}};
    add(digest, "random");
    add(digest, spec.dump());
    add_list(digest, input.as_list);
  }
  void operator()(const ImageInput& input) const {
    nlohmann::json spec = {{"size", input.size},
                           {"mean", input.mean},
                           {"std", input.std},
                           {"layout", input.layout},
                           {"channels", input.channels}};
    if (input.order != ImageInput().order) spec["order"] = input.order;
    add(digest, "images");
    add(digest, spec.dump());
    add(digest, describe(image_files(input), contents));
    add_list(digest, input.as_list);
  }
  void operator()(const ConstantInput& input) const {
    add(digest, "constant");
    add(digest, input.value.dump());
  }
};

std::string describe(const std::vector<InputConfig>& inputs, Describe contents) {
  Digest digest;
  for (const auto& input : inputs) std::visit(AddInput{digest, contents}, input);
  return digest.hex();
}

void add(Digest& digest, const c10::IValue& value) {
  std::ostringstream text;
  if (!value.isTensor()) {
    text << value;
    return add(digest, text.str());
  }
  const at::Tensor tensor = value.toTensor().cpu().contiguous();
  text << tensor.scalar_type() << tensor.sizes();
  add(digest, text.str());
  digest.update(tensor.data_ptr(), tensor.nbytes());
}

}  // namespace

std::string display_name(const FileInput& input) {
  const std::string path = input.written_path.empty() ? input.path.string() : input.written_path;
  return input.member.empty() ? path : path + "[" + input.member + "]";
}

std::string digest_of_inputs(const std::vector<InputConfig>& inputs) {
  return describe(inputs, sha256);
}

std::string fingerprint_of_inputs(const std::vector<InputConfig>& inputs) {
  return describe(inputs, size_and_time);
}

std::string digest_of_files(const Files& files) { return describe(files, sha256); }

std::string fingerprint_of_files(const Files& files) { return describe(files, size_and_time); }

std::string digest_of_values(const std::vector<std::vector<c10::IValue>>& batches) {
  Digest digest;
  for (const auto& batch : batches) {
    add(digest, std::string("batch"));
    for (const auto& value : batch) add(digest, value);
  }
  return digest.hex();
}

}  // namespace actsparse
