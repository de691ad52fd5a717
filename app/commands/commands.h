#pragma once
// Each adds its subcommand to the command line; the subcommand runs while the line is parsed and
// throws actsparse::Error.
namespace CLI {
class App;
}

namespace actsparse {

void add_run(CLI::App& app);
void add_inspect(CLI::App& app);
void add_calibrate(CLI::App& app);
void add_merge(CLI::App& app);
void add_step(CLI::App& app);
void add_apply(CLI::App& app);
void add_compact(CLI::App& app);
void add_functions(CLI::App& app);

}  // namespace actsparse
