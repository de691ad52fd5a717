#include "completion.h"

#include <algorithm>

#include "help.h"

namespace actsparse {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> long_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto& name : option_names(command))
    if (name.rfind("--", 0) == 0 && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  return names;
}

std::string command_words(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return joined(names);
}

// For a word of a single-quoted string of the shells.
std::string quoted(std::string text) {
  for (size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4)
    text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

// Options behind a command, commands before one, else files. zsh runs it by bashcompinit.
std::string bash_script(const CLI::App& app) {
  std::string script =
      "_actsparse() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" command=\"\" each\n"
      "  for each in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$each\" in -*) ;; *) command=\"$each\"; break ;; esac\n"
      "  done\n"
      "  local options=" +
      quoted(joined(long_options(app))) + "\n  case \"$command\" in\n";
  for (const auto* command : app.get_subcommands({}))
    script += "    " + command->get_name() + ") options=" + quoted(joined(long_options(*command))) +
              " ;;\n";
  script +=
      "  esac\n  if [[ \"$word\" == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  elif [[ -z \"$command\" || \"$command\" == help ]]; then\n"
      "    COMPREPLY=($(compgen -W " +
      quoted(command_words(app)) +
      " -- \"$word\"))\n  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\n"
      "complete -o filenames -F _actsparse actsparse\n";
  return script;
}

std::string fish_script(const CLI::App& app) {
  std::string script = "complete -c actsparse -n __fish_use_subcommand -f\n";
  for (const auto* command : app.get_subcommands({})) {
    script += "complete -c actsparse -n __fish_use_subcommand -a " + command->get_name() + " -d " +
              quoted(command->get_description()) + "\n";
    for (const auto& option : long_options(*command))
      script += "complete -c actsparse -n '__fish_seen_subcommand_from " + command->get_name() +
                "' -l " + option.substr(2) + "\n";
  }
  return script;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "fish") return fish_script(app);
  const std::string start = "#compdef actsparse\nautoload -U +X bashcompinit && bashcompinit\n";
  return (shell == "zsh" ? start : "") + bash_script(app);
}

}  // namespace actsparse
