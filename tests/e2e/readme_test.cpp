// The README's commands work as they stand there.
#include <optional>
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

/// A line of a ```sh block, and the output that is shown for it, if a block of it follows.
struct Shown {
  std::string line;
  std::optional<std::string> output;
};

/// All actsparse commands, in their order.
std::vector<Shown> examples(const std::string& markdown) {
  static const std::regex pattern("```sh\n([^`]+)```\n(```\n([^`]*)```)?");
  std::vector<Shown> found;
  for (std::sregex_iterator match(markdown.begin(), markdown.end(), pattern), end; match != end;
       ++match) {
    for (const auto& line : shell_lines((*match)[0]))
      if (!arguments_of(line).empty()) found.push_back({line, std::nullopt});
    if ((*match)[2].matched && !found.empty()) found.back().output = (*match)[3];
  }
  return found;
}

/// Without times, without what kernels round, and without sizes of files, which other LibTorch
/// versions write otherwise.
std::string comparable(const std::string& text) {
  auto timeless = std::regex_replace(text, std::regex("[0-9.]+ s\\b"), "? s");
  timeless = std::regex_replace(
      timeless,
      std::regex("difference [0-9.e-]+, relative to the spread between samples [0-9.e-]+"),
      "difference ?");
  timeless = std::regex_replace(timeless,
                                std::regex("\nwarning: the small model is not faster[^\n]*"), "");
  return std::regex_replace(timeless, std::regex("\n(time|file) [^\n]*"), "\n$1 ?");
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

TEST_CASE("Every command of the README succeeds, and prints what is shown, timing aside", "[e2e]") {
  const TemporaryFolder folder;
  take_project(folder);
  int compared = 0;
  for (const auto& [line, output] : examples(read_file(source_dir() / "README.md"))) {
    const auto result =
        run_process({"sh", "-c", "\"$0\"" + arguments_of(line), actsparse_binary()}, folder.path());
    INFO(line << '\n' << result.err);
    CHECK(result.exit_code == 0);
    if (!output) continue;
    CHECK(comparable(result.out) == comparable(*output));
    ++compared;
  }
  CHECK(compared >= 4);
}
