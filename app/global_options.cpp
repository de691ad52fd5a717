#include "global_options.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/version.h"

namespace actsparse {
void add_global_options(CLI::App& command, GlobalOptions& options) {
  command.set_version_flag("--version", version_text());
  command.add_flag("-v,--verbose", options.verbose, "Log more (--log-level debug)");
  command.add_flag("-q,--quiet", options.quiet, "Log errors only")->excludes("--verbose");
  command.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  command.add_option("--log-file", options.log_file, "Write the log here instead of stderr");
  command.add_option("--log-format", options.log_format, "text, or json: one object per line")
      ->check(CLI::IsMember({"text", "json"}));
  command
      .add_option("--threads", options.threads,
                  "Threads inside operators (default: one per physical core)")
      ->check(CLI::Range(1, 4096));
  command.add_option("--device", options.device, "cpu, cuda or cuda:N")->capture_default_str();
  command
      .add_option("--load-library", options.libraries,
                  "Shared library with custom operators or classes that the model needs")
      ->allow_extra_args(false);
  command.add_flag("--no-progress", options.no_progress, "No progress bar, on a terminal either");
}

std::string version_text() { return std::string("actsparse ") + tool_version(); }

void add_config_options(CLI::App& command, ConfigOptions& options, bool required) {
  command.add_option("-c,--config", options.file, "Config file (JSON)")->required(required);
  command
      .add_option(
          "--set", options.overrides,
          "PATH=VALUE: override a config value, e.g. layers.0.sparse_config.sparsity_level=0.7")
      ->allow_extra_args(false);
}

CLI::Option* add_resume(CLI::App& command, bool& resume) {
  return command.add_flag("--resume", resume,
                          "Go on from the checkpoint of an earlier run, if there is one");
}

void add_timeout(CLI::App& command, double& seconds) {
  command
      .add_option("--timeout", seconds,
                  "As one of several ranks: seconds after which one that is silent ends the job on "
                  "all; longer than loading, and than any batch")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
}

Shard read_shard(const std::string& text, const Launch& launch) {
  if (text.empty()) return {};
  const Shard shard = parse_shard(text);
  if (!launch.is_alone())
    throw Error(ErrorKind::Usage, "--shard " + text +
                                      " is for a process on its own, but this is one of " +
                                      std::to_string(launch.world_size) +
                                      " ranks, which share the batches by themselves");
  return shard;
}

Config load_config(const ConfigOptions& options) {
  std::vector<Override> overrides;
  for (const auto& text : options.overrides) overrides.push_back(parse_override(text));
  return load_config(std::filesystem::path(options.file), overrides);
}

std::optional<Config> load_optional_config(const ConfigOptions& options) {
  if (!options.file.empty()) return load_config(options);
  if (!options.overrides.empty()) throw Error(ErrorKind::Usage, "--set needs --config");
  return std::nullopt;
}

}  // namespace actsparse
