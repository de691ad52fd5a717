#include "data/data_digest.h"

#include <ATen/core/Tensor.h>

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

struct AddInput {
  Digest& digest;
  void operator()(const FileInput& input) const {
    add(digest, "file");
    add(digest, input.written_path);
    add(digest, input.member);
    add(digest, digest_of_file(input.path, ErrorKind::Data));
  }
  void operator()(const RandomInput& input) const {
    const nlohmann::json spec = {{"shape", input.shape},
                                 {"dtype", input.dtype},
                                 {"seed", input.seed},
                                 {"low", input.low},
                                 {"high", input.high}};
    add(digest, "random");
    add(digest, spec.dump());
  }
  void operator()(const ImageInput& input) const {
    const nlohmann::json spec = {{"size", input.size},
                                 {"mean", input.mean},
                                 {"std", input.std},
                                 {"layout", input.layout},
                                 {"channels", input.channels}};
    add(digest, "images");
    add(digest, spec.dump());
    add(digest, digest_of_files(image_files(input)));
  }
  void operator()(const ConstantInput& input) const {
    add(digest, "constant");
    add(digest, input.value.dump());
  }
};

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
  Digest digest;
  for (const auto& input : inputs) std::visit(AddInput{digest}, input);
  return digest.hex();
}

std::string digest_of_files(
    const std::vector<std::pair<std::string, std::filesystem::path>>& files) {
  Digest digest;
  for (const auto& [name, path] : files) {
    add(digest, name);
    add(digest, digest_of_file(path, ErrorKind::Data));
  }
  return digest.hex();
}

std::string digest_of_values(const std::vector<std::vector<c10::IValue>>& batches) {
  Digest digest;
  for (const auto& batch : batches) {
    add(digest, std::string("batch"));
    for (const auto& value : batch) add(digest, value);
  }
  return digest.hex();
}

}  // namespace actsparse
