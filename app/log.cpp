#include "log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "log_fields.h"

namespace actsparse {
namespace {

// Of several ranks each says which it is.
std::string pattern_of(const Launch& launch) {
  const std::string rank = launch.is_alone() ? "" : "rank " + std::to_string(launch.rank) + ": ";
  return "actsparse: " + rank + "%^%l%$: %v";
}

/// {"time", "level", "message"} of each message, on one line; "rank" too if there are several, and
/// fields (log_fields.h).
class JsonFormatter final : public spdlog::formatter {
 public:
  explicit JsonFormatter(std::optional<int64_t> rank) : rank_(rank) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    spdlog::memory_buf_t time;
    time_.format(message, time);
    nlohmann::ordered_json object;
    object["time"] = std::string(time.data(), time.size());
    const auto level = spdlog::level::to_string_view(message.level);
    object["level"] = std::string(level.data(), level.size());
    if (rank_) object["rank"] = *rank_;
    const std::string text(message.payload.data(), message.payload.size());
    if (std::string_view(message.logger_name.data(), message.logger_name.size()) == fields_logger)
      object.update(nlohmann::ordered_json::parse(text));
    else
      object["message"] = text;
    const std::string written =
        object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    line.append(written.data(), written.data() + written.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>(rank_);
  }

 private:
  std::optional<int64_t> rank_;
  spdlog::pattern_formatter time_{"%Y-%m-%dT%H:%M:%S.%eZ", spdlog::pattern_time_type::utc, ""};
};

std::unique_ptr<spdlog::formatter> formatter_of(const GlobalOptions& options,
                                                const Launch& launch) {
  if (options.log_format != "json")
    return std::make_unique<spdlog::pattern_formatter>(pattern_of(launch));
  return std::make_unique<JsonFormatter>(launch.is_alone() ? std::nullopt
                                                           : std::optional<int64_t>(launch.rank));
}

spdlog::color_mode color_mode(const GlobalOptions& options) {
  const char* const refused = std::getenv("NO_COLOR");  // https://no-color.org
  if (options.color == "always") return spdlog::color_mode::always;
  const bool is_refused = refused != nullptr && *refused != '\0';
  return options.color == "never" || is_refused ? spdlog::color_mode::never
                                                : spdlog::color_mode::automatic;
}

spdlog::sink_ptr make_sink(const GlobalOptions& options, const Launch& launch) {
  if (options.log_file.empty())
    return std::make_shared<spdlog::sinks::stderr_color_sink_mt>(color_mode(options));
  std::string file = options.log_file;
  if (!launch.is_first()) file += ".rank" + std::to_string(launch.rank);
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file, true);
  } catch (const spdlog::spdlog_ex& cause) {
    throw Error(ErrorKind::Output, file + ": the log file cannot be written: " + cause.what());
  }
}

spdlog::level::level_enum log_level(const GlobalOptions& options) {
  if (!options.log_level.empty())
    return spdlog::level::from_str(options.log_level == "warn" ? "warning" : options.log_level);
  if (options.quiet) return spdlog::level::err;
  return options.verbose ? spdlog::level::debug : spdlog::level::info;
}

// What ends the process is told on stderr, wherever the log goes and whatever its level is.
std::shared_ptr<spdlog::sinks::stderr_color_sink_mt> error_sink() {
  static const auto sink =
      std::make_shared<spdlog::sinks::stderr_color_sink_mt>(spdlog::color_mode::never);
  return sink;
}

std::shared_ptr<spdlog::logger> error_logger() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("error", error_sink());
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern_of({})));
    return made;
  }();
  return logger;
}

bool has_log_file = false;

}  // namespace

void set_up_log(const GlobalOptions& options, const Launch& launch) {
  auto logger = std::make_shared<spdlog::logger>("actsparse", make_sink(options, launch));
  logger->set_formatter(formatter_of(options, launch));
  error_logger()->set_formatter(formatter_of(options, launch));
  error_sink()->set_color_mode(color_mode(options));
  has_log_file = !options.log_file.empty();
  logger->set_level(log_level(options));
  logger->flush_on(spdlog::level::warn);
  spdlog::set_default_logger(logger);
}

void log_error(const Error& error) {
  error_logger()->error("{}", error.what());
  error_logger()->flush();
  if (has_log_file) spdlog::error("{}", error.what());
  if (!error.details().empty()) spdlog::debug("{}", error.details());
}

}  // namespace actsparse
