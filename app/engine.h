#pragma once
// What does the work, in a library of its own: it needs LibTorch, which takes half a second to
// load, so it is opened when the command line and the config have been found good.
#include <memory>

#include "base/error.h"
#include "global_options.h"
#include "pipeline/requests.h"

namespace spdlog {
class logger;
}

namespace actsparse {

/// Does what is asked for and prints what came of it to stdout, as one JSON document if asked so;
/// of several ranks only the first prints. Throws Error of any kind; Error(Usage) if the library is
/// missing, broken or of another version.
void perform(const Request& request, const GlobalOptions& options, const Job& job = {});

/// What goes over to the library beside the request.
struct EngineOptions {
  GlobalOptions global;
  Job job;
  std::shared_ptr<spdlog::logger> logger;  ///< becomes the library's default
  void (*report)(const Error&);            ///< tells of an error that ends the process at once
};

/// What the library exports, as "actsparse_engine".
struct EngineEntry {
  const char* version;  ///< tool_version() of its build
  void (*perform)(const Request& request, const EngineOptions& options);
};

}  // namespace actsparse
