#pragma once
// The commands, in a library of their own: it needs LibTorch, which takes half a second to load, so
// it is opened when the command line and the config have been found good.
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "config/launch.h"
#include "config/shard.h"
#include "global_options.h"

namespace spdlog {
class logger;
}

namespace actsparse {

/// What of a calibration is run.
struct RunChoice {
  bool is_dry_run = false;
  bool resume = false;
  Shard shard;
  Launch launch;
  double timeout = 600;  ///< seconds without news of a rank
};

/// What a masked model is compacted with.
struct CompactChoice {
  std::string method = "forward";
  DataConfig data;
  CompactOptions options;
};

/// What is made of a stepped state.
struct ApplyChoice {
  std::string masked;  ///< file
  std::string small;   ///< file; empty: not written
  bool fold = false;   ///< masks go into the weights
};

/// One function per command: it does the work and prints the result to stdout, as one JSON document
/// if `json`; of several ranks only the first prints. Each throws Error of any kind.
class Engine {
 public:
  Engine() = default;
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  virtual void run(const Config& config, const RunChoice& choice, bool json) = 0;
  /// `config` may be null.
  virtual void inspect(const std::string& file, const Config* config, bool json) = 0;
  virtual void inspect_groups(const std::string& model, const Config& config, bool json) = 0;
  virtual void calibrate(const Config& config, const std::string& state_out,
                         const RunChoice& choice, bool json) = 0;
  virtual void merge(const std::vector<std::string>& states, const std::string& state_out,
                     bool json) = 0;
  /// `config` may be null.
  virtual void step(const std::string& state_in, const Config* config, const std::string& state_out,
                    bool json) = 0;
  virtual void apply(const std::string& model, const std::string& state, const ApplyChoice& choice,
                     bool json) = 0;
  virtual void compact(const std::string& masked, const std::string& small,
                       const CompactChoice& choice, bool json) = 0;
  virtual void functions(bool json) = 0;
};

/// What the library exports, as "actsparse_engine".
struct EngineEntry {
  const char* version;  ///< tool_version() of its build
  /// Sets threads and loads plug-ins: throws Error(Usage). `logger` becomes the library's default;
  /// `report` tells the user of an error that ends the process at once.
  std::unique_ptr<Engine> (*make)(const GlobalOptions& options,
                                  const std::shared_ptr<spdlog::logger>& logger,
                                  void (*report)(const Error&));
};

/// Loads the library, for the rest of the process. Throws Error(Internal) if it is missing, broken
/// or of another version.
std::unique_ptr<Engine> open_engine(const GlobalOptions& options);

}  // namespace actsparse
