// The README's commands work as they stand there.
#include <regex>
#include <sstream>

#include "e2e/scene.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

// The arguments behind a leading "actsparse" or "./build/<preset>/app/actsparse"; "" for others.
std::string arguments_of(const std::string& command) {
  const std::string program = command.substr(0, command.find(' '));
  const bool built = program.rfind("build/", 0) == 0 || program.rfind("./build/", 0) == 0;
  if (program != "actsparse" && !(built && fs::path(program).filename() == "actsparse")) return "";
  return command.substr(program.size());
}

/// The lines of all ```sh blocks; a backslash at the end joins a line with the next.
std::vector<std::string> shell_lines(const std::string& markdown) {
  std::vector<std::string> lines;
  std::istringstream text(markdown);
  std::string line, joined;
  bool inside = false;
  while (std::getline(text, line)) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside && line == "```sh";
      continue;
    }
    if (!inside) continue;
    joined += line;
    if (!joined.empty() && joined.back() == '\\') {
      joined.pop_back();
      continue;
    }
    lines.push_back(joined);
    joined.clear();
  }
  return lines;
}

/// Each ```sh block of one line that a block of its output follows: the line, and that output.
std::vector<std::pair<std::string, std::string>> examples(const std::string& markdown) {
  static const std::regex pattern("```sh\n([^\n]+)\n```\n```\n([^`]*)```");
  std::vector<std::pair<std::string, std::string>> found;
  for (std::sregex_iterator match(markdown.begin(), markdown.end(), pattern), end; match != end;
       ++match)
    found.emplace_back((*match)[1], (*match)[2]);
  return found;
}

std::string without_seconds(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9.]+ s\\b"), "? s");
}

void take_project(const TemporaryFolder& folder) {
  for (const char* part : {"configs", "sample_models"})
    fs::copy(source_dir() / part, folder / part, fs::copy_options::recursive);
}

}  // namespace

TEST_CASE("The test of the README finds commands in blocks and joined lines", "[e2e]") {
  const auto lines =
      shell_lines("text\n```sh\nactsparse run \\\n-c a\nls\n```\n```python\nx\n```\n");
  REQUIRE(lines == Arguments{"actsparse run -c a", "ls"});
  CHECK(arguments_of(lines[0]) == " run -c a");
  CHECK(arguments_of("./build/release/app/actsparse functions") == " functions");
  CHECK(arguments_of(lines[1]) == "");
  CHECK(arguments_of("build/release/tests/actsparse_tests") == "");
}

TEST_CASE("Every actsparse command of the README succeeds", "[e2e]") {
  const TemporaryFolder folder;
  take_project(folder);
  int commands = 0;
  for (const auto& line : shell_lines(read_file(source_dir() / "README.md"))) {
    const std::string arguments = arguments_of(line);
    if (arguments.empty()) continue;
    ++commands;
    const auto result =
        run_process({"sh", "-c", "\"$0\"" + arguments, actsparse_binary()}, folder.path());
    INFO(line << '\n' << result.err);
    CHECK(result.exit_code == 0);
  }
  CHECK(commands > 0);
}

TEST_CASE("What the README shows is what its commands print, timing aside", "[e2e]") {
  const TemporaryFolder folder;
  take_project(folder);
  const auto shown = examples(read_file(source_dir() / "README.md"));
  CHECK(shown.size() >= 2);
  for (const auto& [line, expected] : shown) {
    const auto result =
        run_process({"sh", "-c", "\"$0\"" + arguments_of(line), actsparse_binary()}, folder.path());
    INFO(line);
    CHECK(without_seconds(result.out) == without_seconds(expected));
  }
}
