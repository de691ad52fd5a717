#include "report/provenance_rows.h"

#include <spdlog/fmt/fmt.h>

namespace actsparse {
namespace {

std::string or_unknown(const std::string& digest) { return digest.empty() ? "unknown" : digest; }

}  // namespace

Rows rows(const Provenance& origin) {
  Rows rows = {
      line(fmt::format("made by actsparse {} with LibTorch {}", origin.tool_version,
                       origin.libtorch_version)),
      line(fmt::format("model   {}  {}, method {}, mode {}", or_unknown(origin.model_digest),
                       origin.model, origin.method, origin.mode)),
      line(fmt::format("data    {}  {} batches, {} samples", or_unknown(origin.data_digest),
                       origin.batches, origin.samples)),
      line("config  " + or_unknown(origin.config_digest))};
  if (!origin.step_config_digest.empty())
    rows.push_back(line("step    " + origin.step_config_digest + "  the config of the step"));
  for (const auto& source : origin.functions)
    rows.push_back(line("code    " + source.digest + "  " + source.label));
  return rows;
}

}  // namespace actsparse
