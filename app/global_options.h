#pragma once
// Options that every subcommand takes, and what they set up.
#include <string>
#include <vector>

#include "config/config.h"
#include "pipeline/pipeline.h"

namespace CLI {
class App;
}

namespace actsparse {

struct GlobalOptions {
  bool verbose = false;
  bool quiet = false;
  std::string log_level;  ///< trace, debug, info, warn, error, off; empty: from verbose and quiet
  std::string log_file;   ///< takes the log instead of stderr
  int threads = 0;        ///< 0: LibTorch's default
  std::string device = "cpu";
  std::vector<std::string> libraries;  ///< with custom operators
  bool no_progress = false;
};

/// --config and --set of the commands that read a config.
struct ConfigOptions {
  std::string file;
  std::vector<std::string> overrides;
};

/// "actsparse 1.2.3"
std::string version_text();
void add_global_options(CLI::App& command, GlobalOptions& options);
void add_config_options(CLI::App& command, ConfigOptions& options, bool required);

/// Logging, threads, plug-ins. Throws Error(Usage) or Error(Output).
void set_up(const GlobalOptions& options);

/// set_up, and what the pipeline needs: device, progress bar (on a terminal), SIGINT and SIGTERM.
RunOptions run_options(const GlobalOptions& options);

Config load_config(const ConfigOptions& options);

/// Prints the report to stdout as text or as one JSON document.
void print_report(const Report& report, bool as_json);

}  // namespace actsparse
