#include <filesystem>
#include <iostream>

#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::vector<std::string> candidates;
  std::string shard, state;
  double timeout = Job().timeout;
};

// What an earlier run with this config wrote.
std::vector<fs::path> written_models(const Config& config) {
  std::vector<fs::path> models;
  std::error_code ignored;
  for (const auto& path : {config.output.model, config.output.compact})
    if (!path.empty() && fs::is_regular_file(path, ignored)) models.push_back(path);
  if (models.empty())
    throw Error(ErrorKind::Usage,
                "evaluate needs a model to judge: name a TorchScript file, or run 'actsparse run "
                "-c " +
                    config.file.filename().string() +
                    "' first (neither output.model nor output.compact of the config is there)");
  return models;
}

void check_state(const Options& options, const Config& config,
                 const std::vector<fs::path>& candidates) {
  if (options.state.empty()) return;
  check_output_path(config, options.state, "--state");
  std::error_code ignored;
  for (const auto& candidate : candidates)
    if (fs::equivalent(candidate, options.state, ignored))
      throw Error(ErrorKind::Usage, "--state " + options.state + " would overwrite a candidate");
}

void declare(CLI::App& command, Options& options) {
  command.add_option("CANDIDATE", options.candidates,
                     "TorchScript files to judge (default: what the config's run has written)");
  add_config_options(command, options.config, true);
  CLI::Option* shard = command
                           .add_option("--shard", options.shard,
                                       "I/N: on every N-th batch only, from the I-th on; see "
                                       "'actsparse merge'")
                           ->type_name("I/N");
  CLI::Option* state =
      command.add_option("--state", options.state, "State file that takes a shard's sums");
  shard->needs(state);
  add_timeout(command, options.timeout);
  add_json(command, options.global);
}

void run(const Options& options) {
  Job job = {false, {}, read_launch(), options.timeout};
  set_up_log(options.global, job.launch);
  EvaluateRequest request = {load_config(options.config), {}, options.state};
  if (!request.config.evaluate) request.config.evaluate.emplace();
  request.candidates.assign(options.candidates.begin(), options.candidates.end());
  if (request.candidates.empty()) request.candidates = written_models(request.config);
  check_state(options, request.config, request.candidates);
  job.shard = read_shard(options.shard, job.launch);
  perform(request, options.global, job);
  if (options.global.prints_text() && !options.state.empty() && job.launch.is_first())
    std::cout << "state: " << options.state << '\n';
}

}  // namespace

Command evaluate_command() {
  return make_command(
      "evaluate", "Compare models with the config's on data: what their masks cost",
      {"actsparse evaluate -c config.json", "actsparse evaluate -c config.json masked.pt small.pt"},
      declare, run);
}

}  // namespace actsparse
