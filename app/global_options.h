#pragma once
// Options that every subcommand takes.
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/launch.h"
#include "config/shard.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace actsparse {

struct GlobalOptions {
  bool verbose = false;
  bool quiet = false;
  std::string log_level;  ///< trace, debug, info, warn, error, off; empty: from verbose and quiet
  std::string log_file;   ///< takes the log instead of stderr
  std::string log_format = "text";  ///< or "json"
  int threads = 0;                  ///< 0: as many as the machine has cores for us
  std::string device = "cpu";
  std::vector<std::string> libraries;  ///< with custom operators
  bool no_progress = false;
  double progress_interval = 30;  ///< seconds between lines where there is no terminal
  std::string color =
      "auto";         ///< or "always", "never"; auto: on a terminal, unless NO_COLOR is set
  bool json = false;  ///< one JSON document instead of text; what of, each command says

  bool prints_text() const { return !json && !quiet; }
  bool is_silent() const { return quiet && !json; }
};

/// --config and --set of the commands that read a config.
struct ConfigOptions {
  std::string file;
  std::vector<std::string> overrides;
};

/// "actsparse 1.2.3", and with what it was built.
std::string version_text();
/// Of all commands: they may stand before the command or behind it.
void add_global_options(CLI::App& app, GlobalOptions& options);
void add_config_options(CLI::App& command, ConfigOptions& options, bool required);
/// The same where the config may also be the command's argument, and is needed.
void add_config_argument(CLI::App& command, ConfigOptions& options);
void add_json(CLI::App& command, GlobalOptions& options);
void add_output_folder(CLI::App& command, std::string& folder);

/// --resume of the commands that leave checkpoints.
CLI::Option* add_resume(CLI::App& command, bool& resume);

/// --timeout of the commands that can run as one of several ranks.
void add_timeout(CLI::App& command, double& seconds);

/// --shard of the commands whose batches several processes can share; "": all of them. Throws
/// Error(Usage), also for one of several ranks.
Shard read_shard(const std::string& text, const Launch& launch);

/// Throws Error(Usage) and Error(Config).
Config load_config(const ConfigOptions& options);

/// The same where --config may be left out; --set without it is Error(Usage).
std::optional<Config> load_optional_config(const ConfigOptions& options);

}  // namespace actsparse
