#include "pipeline/warnings.h"

#include <spdlog/spdlog.h>

#include "base/error.h"

namespace actsparse {

void Warnings::add(const std::string& text) {
  spdlog::warn("{}", text);
  texts_.push_back(text);
}

void Warnings::add(const std::vector<std::string>& texts) {
  for (const auto& text : texts) add(text);
}

void log_warnings(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) spdlog::warn("{}", warning);
}

void log_warnings(const std::vector<LayerWarning>& warnings) {
  for (const auto& warning : warnings)
    spdlog::warn("{}: {}", layer_text(warning.layer), warning.text);
}

}  // namespace actsparse
