#include <filesystem>
#include <iostream>

#include "commands/command.h"
#include "engine.h"
#include "log.h"
#include "page/write_page.h"
#include "report/answer.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  std::vector<std::filesystem::path> reports, states;
  std::string page;
};

void declare(CLI::App& command, Options& options) {
  command.add_option("REPORT", options.reports, "Reports (output.report, --json)")->required();
  command.add_option("-o,--output", options.page, "HTML file that takes the page")->required();
  command
      .add_option("--state", options.states,
                  "State of one of the reports' jobs, for maps of its channels (of run or step) or "
                  "histograms of its activations (of calibrate); may be given several times")
      ->allow_extra_args(false);
  add_json(command, options.global);
}

void run(const Options& options) {
  set_up_log(options.global);
  if (!options.states.empty())
    return perform(ReportRequest{options.reports, options.states, options.page}, options.global);
  // Reports alone need no LibTorch.
  const Answer answer = make_page(options.reports, options.page);
  if (!options.global.is_silent()) answer.print(std::cout, options.global.json);
}

}  // namespace

Command report_command() {
  return make_command("report", "Show reports as a page; several are compared side by side",
                      {"actsparse report report.json -o report.html",
                       "actsparse report first.json second.json -o compared.html"},
                      declare, run);
}

}  // namespace actsparse
