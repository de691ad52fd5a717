#pragma once
// The log and the error that ends the process.
#include "base/error.h"
#include "global_options.h"

namespace actsparse {

/// From then on the log goes where and looks as `options` say. Throws Error(Output).
void set_up_log(const GlobalOptions& options);

/// One line on stderr, in the log's format and whatever its level; and in the log file, if there is
/// one. LibTorch's own words at level debug.
void log_error(const Error& error);

}  // namespace actsparse
