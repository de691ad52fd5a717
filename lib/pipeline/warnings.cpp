#include "pipeline/warnings.h"

#include <spdlog/spdlog.h>

#include "base/error.h"
#include "report/group_warnings.h"

namespace actsparse {

void Warnings::add(const std::string& text) {
  spdlog::warn("{}", text);
  texts_.push_back(text);
}

void Warnings::add(const std::vector<std::string>& texts) {
  log_warnings(texts);
  texts_.insert(texts_.end(), texts.begin(), texts.end());
}

void log_warnings(const std::vector<std::string>& warnings) {
  for (const auto& warning : group_warnings(warnings)) spdlog::warn("{}", warning);
}

void log_warnings(const std::vector<LayerWarning>& warnings) {
  std::vector<std::string> texts;
  for (const auto& warning : warnings)
    texts.push_back(layer_text(warning.layer) + ": " + warning.text);
  log_warnings(texts);
}

}  // namespace actsparse
