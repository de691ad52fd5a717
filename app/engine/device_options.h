#pragma once
// What the machine is asked for: threads, memory, signals, plug-ins.
#include "global_options.h"
#include "pipeline/pipeline.h"

namespace actsparse {

/// Threads and plug-ins. Throws Error(Usage).
void set_up_libtorch(const GlobalOptions& options);

/// What the pipeline needs: device, progress, SIGINT and SIGTERM.
RunOptions run_options(const GlobalOptions& options);

}  // namespace actsparse
