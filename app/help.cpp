#include "help.h"

#include <algorithm>
#include <sstream>

namespace actsparse {
namespace {

constexpr size_t page_width = 80, text_column = 26;

using Options = std::vector<const CLI::Option*>;

std::vector<std::string> wrapped(const std::string& text, size_t width) {
  std::vector<std::string> lines(1);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width)
      lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

// `text` in a column beside `head`, which takes a line of its own if it is too long.
std::string entry(const std::string& head, const std::string& text, size_t column) {
  const std::string margin(column, ' ');
  std::string page = "  " + head;
  if (page.size() + 2 > column)
    page += '\n' + margin;
  else
    page.resize(column, ' ');
  bool is_first = true;
  for (const auto& line : wrapped(text, page_width - column)) {
    page += (is_first ? "" : margin) + line + '\n';
    is_first = false;
  }
  return page;
}

std::string paragraph(const std::string& text) {
  std::string page;
  for (const auto& line : wrapped(text, page_width)) page += line + '\n';
  return page;
}

// "FILE" of "FILE:PATH(existing)". Text that is not said to be something else is a file's name.
std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name(), name = type.substr(0, type.find(':'));
  return name == "TEXT" ? "FILE" : name == "FLOAT" ? "NUMBER" : name;
}

std::string names_of(const CLI::Option& option) {
  std::string names;
  for (const auto& name : option.get_snames()) names += "-" + name + ", ";
  for (const auto& name : option.get_lnames()) names += "--" + name + ", ";
  names.resize(names.size() - 2);
  return option.get_items_expected_max() == 0 ? names : names + " " + value_name(option);
}

std::string description_of(const CLI::Option& option) {
  const std::string value = option.get_default_str();
  return option.get_description() + (value.empty() ? "" : " [default: " + value + "]");
}

bool has_flag(const CLI::Option& option) {
  return !option.get_snames().empty() || !option.get_lnames().empty();
}

std::string positional_in_usage(const CLI::Option& option) {
  const std::string name = option.get_name(/*positional=*/true);
  const std::string many = option.get_items_expected_max() > 1 ? "..." : "";
  return option.get_required() ? name + many : "[" + name + many + "]";
}

std::string usage(const CLI::App& command) {
  std::string line = command.get_name();
  for (const auto* parent = command.get_parent(); parent != nullptr; parent = parent->get_parent())
    line = parent->get_name() + " " + line;
  const auto commands = command.get_subcommands({});
  if (!commands.empty()) line += " COMMAND";
  line += " [OPTIONS]";
  for (const auto* option : command.get_options())
    if (option->get_positional()) line += " " + positional_in_usage(*option);
  return line;
}

std::string section(const std::string& title, const std::string& entries) {
  return entries.empty() ? "" : "\n" + title + ":\n" + entries;
}

std::string arguments_of(const CLI::App& command) {
  std::string entries;
  for (const auto* option : command.get_options())
    if (option->get_positional())
      entries += entry(option->get_name(/*positional=*/true), description_of(*option), text_column);
  return entries;
}

std::string options_of(const CLI::App& command, bool is_parent) {
  std::string entries;
  for (const auto* option : command.get_options()) {
    const bool repeats = is_parent && (option == command.get_help_ptr());
    if (has_flag(*option) && !repeats)
      entries += entry(names_of(*option), description_of(*option), text_column);
  }
  return entries;
}

std::string commands_of(const CLI::App& app) {
  std::string entries;
  for (const auto* command : app.get_subcommands({}))
    entries += entry(command->get_name(), command->get_description(), 15);
  return entries;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* command, std::string /*name*/,
                                     CLI::AppFormatMode /*mode*/) const {
  std::string text = "Usage: " + usage(*command) + "\n\n" + paragraph(command->get_description());
  text += section("Commands", commands_of(*command)) +
          section("Arguments", arguments_of(*command)) +
          section("Options", options_of(*command, false));
  if (const auto* parent = command->get_parent())
    text += section("Options of all commands", options_of(*parent, true));
  const std::string examples = command->get_footer();
  return text + (examples.empty() ? "" : "\n" + examples + "\n");
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* level = &command; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
      for (const auto& name : option->get_snames()) names.push_back("-" + name);
    }
  return names;
}

}  // namespace actsparse
