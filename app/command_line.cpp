#include "command_line.h"

#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/nearest.h"
#include "commands/commands.h"
#include "completion.h"
#include "help.h"

namespace actsparse {
namespace {

std::string examples_text(const std::vector<std::string>& examples) {
  std::string text = "Examples:";
  for (const auto& example : examples) text += "\n  " + example;
  return text;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::string unknown_command(const CLI::App& app, const std::string& name) {
  return "unknown command '" + name + "'" + did_you_mean(name, command_names(app));
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  for (const auto* command : app.get_subcommands({}))
    if (command->get_name() == name) return command;
  return nullptr;
}

// The command that was given; the whole if none was.
const CLI::App& given(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

// What CLI11 tells only as "was not expected"; "" if that is not what is wrong.
std::string unexpected(const CLI::App& app) {
  const auto rest = app.remaining(/*recurse=*/true);
  if (rest.empty()) return "";
  const std::string& first = rest.front();
  const CLI::App& command = given(app);
  if (first.size() > 1 && first.front() == '-')
    return "unknown option '" + first + "'" +
           did_you_mean(first.substr(0, first.find('=')), option_names(command));
  if (&command == &app) return unknown_command(app, first);
  return "unexpected argument '" + first + "'";
}

}  // namespace

CommandLine::CommandLine()
    : app_("Masks the activations of TorchScript models from a calibration run.", "actsparse") {
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.require_subcommand(0, 1);
  app_.set_help_flag("-h,--help", "Print this help");
  add_global_options(app_, global_);
  for (const auto& command : all_commands()) {
    CLI::App& part = *app_.add_subcommand(command.name, command.description);
    part.fallthrough();
    part.footer(examples_text(command.examples));
    command.attach(part, global_);
  }
  add_help();
  add_completion();
  app_.footer("'actsparse help COMMAND' shows a command's options and examples.");
}

void CommandLine::add_help() {
  const auto name = std::make_shared<std::string>();
  CLI::App* help = app_.add_subcommand("help", "Show the help of a command");
  help->footer(examples_text({"actsparse help run"}));
  help->add_option("COMMAND", *name, "Its name");
  help->fallthrough();
  help->callback([this, name] {
    const CLI::App* const command = name->empty() ? &app_ : find_command(app_, *name);
    if (command == nullptr) throw Error(ErrorKind::Usage, unknown_command(app_, *name));
    std::cout << command->help();
  });
}

void CommandLine::add_completion() {
  const auto shell = std::make_shared<std::string>();
  CLI::App* completion =
      app_.add_subcommand("completion", "Print what makes a shell complete actsparse's commands");
  completion->footer(examples_text({"actsparse completion bash > actsparse.bash"}));
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->fallthrough();
  completion->callback([this, shell] { std::cout << completion_script(app_, *shell); });
}

void CommandLine::reject(const CLI::ParseError& cause) const {
  const CLI::App& command = given(app_);
  std::string what = unexpected(app_);
  if (what.empty()) what = cause.what();
  const std::string name = &command == &app_ ? "" : " " + command.get_name();
  throw Error(ErrorKind::Usage, what + "; see 'actsparse" + name + " --help'");
}

void CommandLine::run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& cause) {
    if (cause.get_exit_code() != 0) reject(cause);
    app_.exit(cause);  // help or the version
    return;
  }
  if (app_.get_subcommands().empty())
    throw Error(ErrorKind::Usage, "a command is required; see 'actsparse --help'");
}

}  // namespace actsparse
