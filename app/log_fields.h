#pragma once
// Log messages with fields beside the text, for JSON logs. They go through a logger of a name of
// its own, whose messages are the whole JSON object: spdlog's have no place for fields.
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse {

constexpr const char* fields_logger = "actsparse.fields";

/// {"message": `message`, `key`: `fields`}, at level info, where the default logger writes.
inline void log_fields(const std::string& message, const std::string& key,
                       const nlohmann::ordered_json& fields) {
  const auto& sinks = spdlog::default_logger()->sinks();
  spdlog::logger logger(fields_logger, sinks.begin(), sinks.end());
  logger.set_level(spdlog::default_logger()->level());
  logger.info("{}", nlohmann::ordered_json{{"message", message}, {key, fields}}.dump());
}

}  // namespace actsparse
