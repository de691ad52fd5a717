#include "engine.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>

#include "base/error.h"
#include "base/version.h"
#include "engine/device_options.h"
#include "engine/print_functions.h"
#include "report/provenance_rows.h"

namespace actsparse {
namespace {

template <class Result>
nlohmann::ordered_json document(const Result& result) {
  return to_json(result);
}

nlohmann::ordered_json document(const CompactReport& report) { return compact_document(report); }

template <class Result>
void print(const Result& result, bool as_json) {
  if (as_json)
    std::cout << document(result).dump(2) << std::endl;
  else
    print_text(result, std::cout);
  if (!std::cout) throw Error(ErrorKind::Output, "stdout cannot be written");
}

class LibTorchEngine : public Engine {
 public:
  LibTorchEngine(const GlobalOptions& options, void (*report)(const Error&))
      : options_(options), report_(report) {
    set_up_libtorch(options_);
  }

  void run(const Config& config, const RunChoice& choice, bool json) override {
    if (choice.is_dry_run && choice.launch.is_first())
      print(dry_run(config, run_options(options_)), json);
    if (choice.is_dry_run) return;
    in_group(choice, json, [&](const auto& options) { return actsparse::run(config, options); });
  }
  void inspect(const std::string& file, const Config* config, bool json) override {
    const auto found = actsparse::inspect(file, config, run_options(options_));
    if (const auto* report = std::get_if<Report>(&found)) {
      if (!json) print_text(report->origin, std::cout);
      print(*report, json);
    } else {
      print(std::get<Inspection>(found), json);
    }
  }
  void inspect_groups(const std::string& model, const Config& config, bool json) override {
    print(actsparse::inspect_groups(model, config, run_options(options_)), json);
  }
  void calibrate(const Config& config, const std::string& state_out, const RunChoice& choice,
                 bool json) override {
    in_group(choice, json,
             [&](const auto& options) { return actsparse::calibrate(config, state_out, options); });
  }
  void merge(const std::vector<std::string>& states, const std::string& state_out,
             bool json) override {
    print(actsparse::merge({states.begin(), states.end()}, state_out), json);
  }
  void step(const std::string& state_in, const Config* config, const std::string& state_out,
            bool json) override {
    print(actsparse::step(state_in, config, state_out), json);
  }
  void apply(const std::string& model, const std::string& state, const ApplyChoice& choice,
             bool json) override {
    print(actsparse::apply(model, state, choice.masked, run_options(options_),
                           choice.fold ? MaskForm::Weights : MaskForm::Buffers, choice.small),
          json);
  }
  void compact(const std::string& masked, const std::string& small, const CompactChoice& choice,
               bool json) override {
    print(actsparse::compact(masked, small, {choice.method, choice.data, choice.options},
                             run_options(options_)),
          json);
  }
  void functions(bool json) override { print_functions(json); }

 private:
  // The work of this rank; the others learn if it fails.
  template <class Work>
  void in_group(const RunChoice& choice, bool json, Work&& work) const {
    RunOptions options = run_options(options_);
    options.resume = choice.resume;
    options.shard = choice.shard;
    if (!choice.launch.is_first()) options.progress = nullptr;
    const auto give_up = [report = report_](const Error& error) {
      report(error);
      std::_Exit(error.exit_code());
    };
    options.group = ProcessGroup(choice.launch, choice.timeout, give_up, options.interrupted);
    try {
      const Report report = work(options);
      if (options.group.is_first()) print(report, json);
    } catch (const std::exception& error) {
      options.group.fail(error.what());
      throw;
    }
  }

  GlobalOptions options_;
  void (*report_)(const Error&);
};

std::unique_ptr<Engine> make_engine(const GlobalOptions& options,
                                    const std::shared_ptr<spdlog::logger>& logger,
                                    void (*report)(const Error&)) {
  spdlog::set_default_logger(logger);  // another one than the binary's, if spdlog is no library
  return std::make_unique<LibTorchEngine>(options, report);
}

}  // namespace
}  // namespace actsparse

extern "C" {
extern const actsparse::EngineEntry actsparse_engine;
const actsparse::EngineEntry actsparse_engine{actsparse::tool_version(), actsparse::make_engine};
}
