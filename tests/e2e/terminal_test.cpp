// The progress bar and the keyboard.
#include <algorithm>
#include <regex>
#include <sstream>

#include "e2e/scene.h"

using namespace actsparse;

namespace {

// The same on a terminal: script(1) makes one, its output is stdout and stderr together.
ProcessResult run_on_terminal(Scene& scene, const std::string& more) {
  scene.write("config.json", scene.config.dump());
  const std::string command =
      std::string("TERM=xterm '") + actsparse_binary() + "' run -c config.json " + more;
  return run_process({"script", "-qec", command, "/dev/null"}, scene.folder.path());
}

}  // namespace

TEST_CASE("A terminal shows a progress bar, unless it is told not to", "[e2e]") {
  Scene scene;
  const auto with_bar = run_on_terminal(scene, "");
  INFO(with_bar.out);
  REQUIRE(with_bar.exit_code == 0);
  CHECK(contains(with_bar.out, "\r[##############################]  16/16 batches  "));
  CHECK(contains(with_bar.out, " samples/s  ETA 0:00"));
  const auto without = run_on_terminal(scene, "--no-progress");
  REQUIRE(without.exit_code == 0);
  CHECK_FALSE(contains(without.out, "batches  "));
}

TEST_CASE("A bar fits into a narrow terminal", "[e2e]") {
  Scene scene;
  scene.write("config.json", scene.config.dump());
  const std::string command =
      std::string("stty cols 60; '") + actsparse_binary() + "' run -c config.json";
  const auto result = run_process({"script", "-qec", command, "/dev/null"}, scene.folder.path());
  INFO(result.out);
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out, "]  16/16 batches  "));
  size_t longest = 0;
  std::istringstream lines(std::regex_replace(result.out, std::regex("\r"), "\n"));
  for (std::string line; std::getline(lines, line);)
    if (contains(line, " batches  ")) longest = std::max(longest, line.find('\x1b'));
  CHECK(longest == 59);
}

TEST_CASE("Without a terminal the log has a line of progress now and then", "[e2e]") {
  Scene scene;
  scene.write("config.json", scene.config.dump());
  const auto log_of = [&](Arguments more) {
    more.insert(more.begin(), {actsparse_binary(), "run", "-c", "config.json"});
    const auto result = run_process(more, scene.folder.path());
    REQUIRE(result.exit_code == 0);
    return result.err;
  };
  const std::regex line("actsparse: info: 16 of 16 batches, [0-9.]+ samples/s, 0:00 left\n");
  CHECK(std::regex_search(log_of({"--progress-interval", "0"}), line));
  CHECK_FALSE(contains(log_of({}), " batches, "));  // a job of half a second
  CHECK_FALSE(contains(log_of({"--progress-interval", "0", "--no-progress"}), " batches, "));
  CHECK_FALSE(contains(log_of({"--progress-interval", "0", "-q"}), " batches, "));
}

TEST_CASE("In a JSON log progress is fields", "[e2e]") {
  Scene scene;
  scene.write("config.json", scene.config.dump());
  const auto result = run_process({actsparse_binary(), "run", "-c", "config.json", "--log-format",
                                   "json", "--progress-interval", "0"},
                                  scene.folder.path());
  REQUIRE(result.exit_code == 0);
  std::istringstream lines(result.err);
  nlohmann::json last;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    CHECK(object.contains("message"));
    if (object.contains("progress") && object.at("progress").at("samples") == 512) last = object;
  }
  REQUIRE(last.is_object());
  CHECK(last.at("level") == "info");
  CHECK(last.at("progress").at("done") == last.at("progress").at("all"));
  CHECK(last.at("progress").at("rate") > 0);
}

TEST_CASE("An error after a progress bar has a line of its own", "[e2e]") {
  Scene scene;
  scene.take_model(made_file("choosy.pt"), "fc");
  const auto result = run_on_terminal(scene, "");
  CHECK(result.exit_code == 5);
  CHECK(contains(result.out, "1/4 batches"));
  CHECK(contains(result.out, "\nactsparse: \x1b[31m\x1b[1merror\x1b[m: batch 3"));
}

TEST_CASE("An interrupted run says how far it came and leaves a checkpoint only", "[e2e]") {
  const std::string signal = GENERATE("INT", "TERM");
  Scene scene;
  scene.config["data"] = {{"inputs", {{{"random", {{"shape", {100000000, 1, 8, 8}}}}}}},
                          {"batch_size", 1}};
  scene.write("config.json", scene.config.dump());
  const TemporaryFolder elsewhere;  // for the log
  const auto before = contents(scene.folder.path());
  const std::string script =
      "\"$0\" run -c config.json 2> \"$1\" & pid=$!; "
      "until grep -q calibrating \"$1\" 2>/dev/null; do kill -0 $pid || exit 99; sleep 0.05; done; "
      "kill -" +
      signal + " $pid; wait $pid; code=$?; cat \"$1\" >&2; exit $code";
  const auto result = run_process(
      {"sh", "-c", script, actsparse_binary(), (elsewhere / "log").string()}, scene.folder.path());
  check_refused(
      result, 130,
      {"interrupted after batch", "of 100000000", "--resume goes on from state.pt.checkpoint"});
  auto after = contents(scene.folder.path());
  CHECK(after.erase((scene.folder / "state.pt.checkpoint").string()) == 1);
  CHECK(after == before);
}
