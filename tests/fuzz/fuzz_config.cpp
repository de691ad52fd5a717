#include <nlohmann/json.hpp>

#include "config/config.h"
#include "fuzz/check.h"
#include "fuzz/targets.h"

namespace actsparse {
namespace {

// What a state file keeps of the settings must read back as they are.
void check_settings(const Config& config) {
  for (const auto& layer : config.layers) {
    const auto merged = to_json(merge(config.defaults, layer.settings));
    const auto again = merge({}, layer_settings_from_json(merged, "settings"));
    check(to_json(again) == merged, "settings read back differ");
  }
}

}  // namespace

void fuzz_config(const std::string& bytes) {
  read_or_refuse([&] {
    std::vector<Override> overrides;
    const size_t end = bytes.find('\0');
    for (size_t at = end; at != std::string::npos;) {
      const size_t next = bytes.find('\0', at + 1);
      overrides.push_back(parse_override(bytes.substr(at + 1, next - at - 1)));
      at = next;
    }
    Config config = parse_config(bytes.substr(0, end), "/base", "config.json", overrides);
    config.effective.dump();
    check_settings(config);
    redirect_outputs(config, "/elsewhere");
  });
}

}  // namespace actsparse
