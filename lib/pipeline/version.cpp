#include "base/version.h"

#include <torch/cuda.h>

#include "model/load_model.h"
#include "pipeline/requests.h"
#include "report/answer.h"

namespace actsparse {
namespace {

using nlohmann::ordered_json;

ordered_json devices() {
  ordered_json names = {"cpu"};
  for (size_t i = 0; i < torch::cuda::device_count(); ++i)
    names.push_back("cuda:" + std::to_string(i));
  return names;
}

}  // namespace

Answer perform(const VersionRequest& /*request*/) {
  const auto to_json = [] {
    return ordered_json{{"actsparse", tool_version()},
                        {"libtorch", libtorch_version()},
                        {"built_with_libtorch", built_with_libtorch()},
                        {"compiler", compiler()},
                        {"devices", devices()}};
  };
  return {to_json, [to_json](std::ostream& out) {
            const ordered_json versions = to_json();
            out << "actsparse " << tool_version() << '\n' << build_text();
            out << "\ndevices:";
            for (const auto& device : versions["devices"]) out << ' ' << device.get<std::string>();
            out << '\n';
          }};
}

}  // namespace actsparse
