#pragma once
// The log and the error that ends the process.
#include "base/error.h"
#include "config/launch.h"
#include "global_options.h"

namespace actsparse {

/// From then on the log goes where and looks as `options` say. One of several ranks says which it
/// is; those after rank 0 have log files of their own, NAME.rank1, .... Throws Error(Output).
void set_up_log(const GlobalOptions& options, const Launch& launch = {});

/// One line on stderr, in the log's format and whatever its level; and in the log file, if there is
/// one. LibTorch's own words at level debug.
void log_error(const Error& error);

}  // namespace actsparse
