#include "global_options.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/version.h"

namespace actsparse {
namespace {

void add_config(CLI::App& command, ConfigOptions& options, const std::string& names,
                bool required) {
  command.add_option(names, options.file, "Config file (JSON); - reads it from standard input")
      ->type_name("FILE")
      ->required(required);
  command
      .add_option(
          "--set", options.overrides,
          "Override a value of the config, as in layers.0.sparse_config.sparsity_level=0.7; "
          "paths are from the current folder on")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

// In words, not as CLI11 writes it: "[1 - 4096]".
CLI::Validator between(double least, double most, const std::string& words) {
  return CLI::Validator(
      [=](std::string& text) {
        double number = 0;
        return CLI::detail::lexical_cast(text, number) && number >= least && number <= most
                   ? ""
                   : "found " + text + ", allowed " + words;
      },
      "");
}

}  // namespace

void add_global_options(CLI::App& app, GlobalOptions& options) {
  app.set_version_flag("-V,--version", version_text(), "Print the version");
  app.add_flag("-v,--verbose", options.verbose, "Log more (--log-level debug)");
  app.add_flag("-q,--quiet", options.quiet, "Print errors only: no tables, no warnings")
      ->excludes("--verbose");
  app.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  app.add_option("--log-file", options.log_file, "Write the log here instead of stderr")
      ->type_name("FILE");
  app.add_option("--log-format", options.log_format, "text, or json: one object per line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--color", options.color,
                 "auto, always or never; auto: on a terminal, unless NO_COLOR is set")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_option("--threads", options.threads,
                 "Threads inside operators, 1 to 4096 [default: OMP_NUM_THREADS, else one per "
                 "physical core]")
      ->type_name("N")
      ->check(between(1, 4096, "a number from 1 to 4096"));
  app.add_option("--device", options.device, "cpu, cuda or cuda:N")
      ->type_name("DEVICE")
      ->capture_default_str();
  app.add_option("--load-library", options.libraries,
                 "Shared library with custom operators or classes that the model needs")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_flag("--no-progress", options.no_progress, "Show no progress");
  app.add_option("--progress-interval", options.progress_interval,
                 "Seconds between lines of progress in a log; on a terminal it is a bar")
      ->type_name("SECONDS")
      ->check(between(0, 86400, "0 to 86400"))
      ->capture_default_str();
}

std::string version_text() {
  return std::string("actsparse ") + tool_version() + "\n" + build_text();
}

void add_config_options(CLI::App& command, ConfigOptions& options, bool required) {
  add_config(command, options, "-c,--config", required);
}

void add_config_argument(CLI::App& command, ConfigOptions& options) {
  add_config(command, options, "-c,--config,CONFIG", true);
}

void add_json(CLI::App& command, GlobalOptions& options) {
  command.add_flag("--json", options.json, "Print one JSON document in place of text");
}

void add_output_folder(CLI::App& command, std::string& folder) {
  command
      .add_option("-o,--output-dir", folder,
                  "Folder for all output files, made if missing [default: where the config says, "
                  "from the current folder on]")
      ->type_name("DIR");
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
      ->type_name("SECONDS")
      ->check(between(1, 1e6, "seconds from 1 to 1000000"))
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
  if (options.file != "-") return load_config(std::filesystem::path(options.file), overrides);
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  return parse_config(text, std::filesystem::current_path(), "standard input", overrides);
}

std::optional<Config> load_optional_config(const ConfigOptions& options) {
  if (!options.file.empty()) return load_config(options);
  if (!options.overrides.empty()) throw Error(ErrorKind::Usage, "--set needs --config");
  return std::nullopt;
}

}  // namespace actsparse
