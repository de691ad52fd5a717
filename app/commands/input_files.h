#pragma once
// The option --input of commands that run a model on one batch.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "config/config.h"

namespace actsparse {

/// "--input FILE", which may be given several times.
void add_input_option(CLI::App& command, std::vector<std::string>& files);

/// .pt files are a batch each; of other files each is one argument of the method, in their order.
DataConfig data_of_files(const std::vector<std::string>& files);

}  // namespace actsparse
