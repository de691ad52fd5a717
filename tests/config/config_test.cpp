#include "config/config.h"

#include "config/sample.h"
#include "support/error_of.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<fs::path> json_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  REQUIRE_FALSE(files.empty());
  return files;
}

fs::path cases() { return source_dir() / "tests" / "config" / "cases"; }

}  // namespace

TEST_CASE("a version that is not given is the first", "[config]") {
  json config = json::parse(sample_config());
  config.erase("version");
  CHECK_NOTHROW(parse_config(config.dump(), ".", "c.json"));
}

TEST_CASE("the good cases are accepted", "[config]") {
  for (const auto& file : json_files(cases() / "good")) {
    CAPTURE(file);
    CHECK_NOTHROW(load_config(file));
  }
}

TEST_CASE("the bad cases are rejected with their messages", "[config]") {
  for (const auto& file : json_files(cases() / "bad"))
    for (const auto& bad : json::parse(read_file(file))) {
      CAPTURE(bad.dump());
      const Error error = error_of([&] { parse_config(bad["config"].dump(), ".", "c.json"); });
      CHECK(error.kind() == ErrorKind::Config);
      const std::string message = error.what();
      CHECK(message.rfind("c.json: " + bad["message"].get<std::string>(), 0) == 0);
      CHECK_FALSE(contains(message, "\n"));
    }
}

TEST_CASE("a config fills every struct", "[config]") {
  const Config config = load_config(cases() / "good" / "every_key.json");
  CHECK(config.model.path == cases() / "good" / "models" / "m.pt");
  CHECK(config.model.written_path == "models/m.pt");
  CHECK(config.model.method == "encode");
  CHECK(config.model.mode == "train");
  CHECK(config.data.inputs.size() == 18);
  CHECK(config.functions.at(0).path == cases() / "good" / "my_fns.py");
  CHECK(config.functions.at(0).written_path == "my_fns.py");
  CHECK(config.layers.size() == 3);
  CHECK(config.run.seed == 7);
  CHECK(config.run.precision == "fast");
  CHECK(config.run.tolerance == 0.01);
  CHECK(config.output.model == fs::current_path() / "masked.pt");
  CHECK(config.output.state == fs::current_path() / "out/state.pt");
  CHECK(config.output.report.empty());
  CHECK(config.file == cases() / "good" / "every_key.json");
  CHECK(config.effective == json::parse(read_file(config.file)));
}

TEST_CASE("a config of text has its defaults", "[config]") {
  const Config config = parse_sample();
  CHECK(config.model.method == "forward");
  CHECK(config.model.mode == "eval");
  CHECK(config.run.seed == 0);
  CHECK(config.run.precision == "exact");
  CHECK(config.output.model.empty());
  CHECK(config.functions.empty());
  CHECK(config.file.empty());
}

TEST_CASE("the small model is a file, or an object with how it is made", "[config]") {
  const Config file = parse_sample({"output.compact=small.pt"});
  CHECK(file.output.compact.filename() == "small.pt");
  CHECK(file.output.compact_options.gather == "auto");
  const Config object = parse_sample(
      {R"(output.compact={"path": "s.pt", "tolerance": 1e-3, "gather": "off", "keep_modules": true})"});
  CHECK(object.output.compact.filename() == "s.pt");
  CHECK(object.output.compact_options.tolerance == 1e-3);
  CHECK(object.output.compact_options.gather == "off");
  CHECK(object.output.compact_options.keep_modules);
  CHECK(parse_sample({"output.compact=null"}).output.compact.empty());
  CHECK(contains(rejection({"output.compact=x/"}), "a file, not a folder"));
  CHECK(contains(rejection({"output.compact={}"}), "output.compact.path: found nothing"));
  CHECK(contains(rejection({"output.compact.path=s.pt", "output.compact.gather=some"}),
                 "'auto', 'off', 'always'"));
  CHECK(contains(rejection({"output.model=m.pt", "output.compact=./m.pt"}), "same file"));
}

TEST_CASE("a newer version is told before its keys are called unknown", "[config]") {
  CHECK(contains(rejection({"version=2", "gadgets=[]"}), "for a newer actsparse"));
}

TEST_CASE("a config file is found relative to the working folder", "[config]") {
  const TemporaryFolder folder;
  write_file(folder / "c.json", sample_config());
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  const Config config = load_config("c.json");
  fs::current_path(before);
  CHECK(config.model.path == folder / "m.pt");
}

TEST_CASE("errors name the config file as it was given", "[config]") {
  const TemporaryFolder folder;
  write_file(folder / "c.json", "{\"version\": 1,\n}");
  const std::string message = error_of([&] { load_config(folder / "c.json"); }).what();
  CHECK(message.rfind((folder / "c.json").string() + ": line 2, column 1: ", 0) == 0);
}

TEST_CASE("a config that cannot be read is a config error", "[config]") {
  const TemporaryFolder folder;
  const Error missing = error_of([&] { load_config(folder / "c.json"); });
  CHECK(missing.kind() == ErrorKind::Config);
  CHECK(contains(missing.what(), "c.json: the config cannot be read: No such file"));
  const Error is_folder = error_of([&] { load_config(folder.path()); });
  CHECK(is_folder.kind() == ErrorKind::Config);
  CHECK(contains(is_folder.what(), "it is a folder"));
}

TEST_CASE("the examples of the project are accepted", "[config]") {
  for (const auto& file : json_files(source_dir() / "configs")) {
    CAPTURE(file);
    CHECK_NOTHROW(load_config(file));
  }
}

// Complete configs in docs/config.md stand in ```json blocks that have a "version".
TEST_CASE("the examples of the documentation are accepted", "[config]") {
  const std::string text = read_file(source_dir() / "docs" / "config.md"), fence = "```json\n";
  int examples = 0;
  for (size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
    const size_t begin = at + fence.size();
    const std::string block = text.substr(begin, text.find("```", begin) - begin);
    if (!contains(block, "\"version\"")) continue;
    CAPTURE(block);
    CHECK_NOTHROW(parse_config(block, ".", "docs"));
    ++examples;
  }
  CHECK(examples >= 2);
}

}  // namespace actsparse
