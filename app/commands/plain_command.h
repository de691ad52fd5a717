#pragma once
// A command that is asked for nothing but its text or JSON.
#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {

struct PlainOptions {
  GlobalOptions global;
};

template <class Request>
Command make_plain_command(std::string name, std::string description,
                           std::vector<std::string> examples) {
  return make_command<PlainOptions>(
      std::move(name), std::move(description), std::move(examples),
      [](CLI::App& command, PlainOptions& options) { add_json(command, options.global); },
      [](const PlainOptions& options) {
        set_up_log(options.global);
        perform(Request(), options.global);
      });
}

}  // namespace actsparse
