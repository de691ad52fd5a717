#include <ATen/ops/zeros.h>

#include <regex>

#include "exported/import_program.h"
#include "exported/parse_json.h"
#include "fuzz/check.h"
#include "fuzz/targets.h"

namespace actsparse {
namespace {

// A tensor for each name that the program may ask for.
std::map<std::string, at::Tensor> tensors_for(const std::string& bytes) {
  static const std::regex names(R"re("(?:parameter|buffer|tensor_constant)_name":\s*"([^"]*)")re");
  std::map<std::string, at::Tensor> tensors;
  for (std::sregex_iterator at(bytes.begin(), bytes.end(), names), end; at != end; ++at)
    tensors[(*at)[1].str()] = at::zeros({4, 4});
  return tensors;
}

}  // namespace

void fuzz_program(const std::string& bytes) {
  exported::Archive archive;
  try {
    archive.program = exported::parse_json(bytes);
  } catch (const std::runtime_error&) {
    return;  // the archive's reader tells
  }
  archive.tensors = tensors_for(bytes);
  read_or_refuse([&] { exported::import_program(archive); });
}

}  // namespace actsparse
