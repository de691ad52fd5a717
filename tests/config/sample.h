#pragma once
// A small good config, and changes to it in the notation of --set.
#include <string>
#include <vector>

#include "config/config.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

namespace actsparse {

inline const char* sample_config() {
  return R"({
  "version": 1,
  "model": {"path": "m.pt"},
  "data": {"inputs": [{"path": "x.npy"}]},
  "defaults": {"aggregate_fn": "sum", "reduce_fn": "identity", "mask_fn": "magnitude"},
  "layers": [{"name": "conv1"}]
})";
}

/// The sample with changes like "data.batch_size=4"; paths are relative to `base`.
inline Config parse_sample(const std::vector<std::string>& changes = {},
                           const std::filesystem::path& base = ".") {
  std::vector<Override> overrides;
  for (const auto& change : changes) overrides.push_back(parse_override(change));
  return parse_config(sample_config(), base, "c.json", overrides);
}

/// The message of the Error(Config) that the changed sample is rejected with, without its label.
inline std::string rejection(const std::vector<std::string>& changes,
                             const std::filesystem::path& base = ".") {
  const Error error = error_of([&] { parse_sample(changes, base); });
  CHECK(error.kind() == ErrorKind::Config);
  const std::string message = error.what();
  REQUIRE(message.rfind("c.json: ", 0) == 0);
  return message.substr(8);
}

}  // namespace actsparse
