#include "config/sample.h"
#include "support/error_of.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

std::string message_of(const Config& config, const fs::path& path) {
  return error_of([&] { check_output_path(config, path, "--state"); }).what();
}

}  // namespace

TEST_CASE("two outputs may not be one file", "[config]") {
  CHECK(rejection({"output.model=a.pt", "output.state=x/../a.pt"}) ==
        "output.state: found the string \"a.pt\", which is the same file as output.model, "
        "allowed a file of its own");
  CHECK(contains(rejection({"output.state=a", "output.report=./a"}), "same file as output.state"));
  CHECK(parse_sample({"output.model=a/x.pt", "output.state=b/x.pt"}).output.report.empty());
}

TEST_CASE("an output may not be a file the config reads", "[config]") {
  CHECK(contains(rejection({"output.model=m.pt"}), "the same file as model.path"));
  CHECK(contains(rejection({"output.state=x.npy"}), "the same file as data.inputs.0.path"));
  CHECK(contains(rejection({"functions=[\"f.py\",\"g.py\"]", "output.report=./g.py"}),
                 "the same file as functions.1"));
}

TEST_CASE("an output may not become a batch", "[config]") {
  const auto data = [](const std::string& batches) { return "data={\"batches\":" + batches + "}"; };
  CHECK(contains(rejection({data(R"("*.pt")"), "output.model=masked.pt"}),
                 "output.model: found the string \"masked.pt\", which is one of data.batches "
                 "(\"*.pt\")"));
  CHECK(contains(rejection({data(R"(["b/*.pt", "./a.pt"])"), "output.model=a.pt"}), "\"./a.pt\""));
  const TemporaryFolder folder;
  CHECK(contains(rejection({data(R"("*.pt")"), "output.model=masked.pt"}, folder / "[1]"), "*.pt"));
  const std::string absolute = (folder / "*.pt").string();
  CHECK(contains(rejection({data('"' + absolute + '"'), "output.model=a.pt"}, folder.path()),
                 absolute));
  CHECK(parse_sample({data(R"("b/*.pt")"), "output.model=masked.pt"}).data.batches.size() == 1);
}

TEST_CASE("an output may not be the config itself", "[config]") {
  const TemporaryFolder folder;
  write_file(folder / "c.json", sample_config());
  const Error error = error_of([&] {
    load_config(folder / "c.json", {{"output.report", (folder / "c.json").string()}});
  });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "the same file as the config itself"));
}

TEST_CASE("an output may not be what a model is evaluated on", "[config]") {
  const std::string labels = R"(evaluate.labels={"path": "y.npy"})";
  CHECK(
      contains(rejection({labels, "output.state=y.npy"}), "the same file as evaluate.labels.path"));
  const auto data = [](const std::string& value) { return "evaluate.data=" + value; };
  CHECK(contains(rejection({data(R"({"inputs": [{"path": "t.pt"}]})"), "output.model=t.pt"}),
                 "the same file as evaluate.data.inputs.0.path"));
  CHECK(contains(rejection({data(R"({"batches": "t/*.pt"})"), "output.model=t/m.pt"}),
                 "one of evaluate.data.batches (\"t/*.pt\")"));
  CHECK(contains(rejection({data(R"({"inputs": [{"images": "*.png"}]})"), "output.report=r.png"}),
                 "one of evaluate.data.inputs.0.images"));
}

TEST_CASE("links are seen through", "[config]") {
  const TemporaryFolder folder;
  write_file(folder / "m.pt", "");
  fs::create_directory(folder / "real");
  fs::create_directory_symlink("real", folder / "link");
  fs::create_symlink("m.pt", folder / "soft.pt");
  fs::create_hard_link(folder / "m.pt", folder / "hard.pt");
  const auto same = [&](const std::vector<std::string>& changes) {
    return contains(rejection(changes, folder.path()), "the same file as");
  };
  CHECK(same({"output.model=soft.pt"}));
  CHECK(same({"output.model=hard.pt"}));
  CHECK(same({"output.model=real/new.pt", "output.state=link/new.pt"}));
}

TEST_CASE("an output must be none of the images", "[config]") {
  const TemporaryFolder folder;
  Config config = parse_sample({R"(data.inputs=[{"images": "d/*.png"}])"}, folder.path());
  CHECK(message_of(config, folder / "d/x.png") ==
        "--state: found the string \"x.png\", which is one of data.inputs.0.images, allowed a "
        "file of its own");
  check_output_path(config, folder / "x.png", "--state");
}

TEST_CASE("redirect_outputs takes the outputs under their own names", "[config]") {
  const TemporaryFolder folder;
  Config config = parse_sample({"output.model=a/x.pt", "output.report=r.json"});
  redirect_outputs(config, folder.path());
  CHECK(config.output.model == folder / "x.pt");
  CHECK(config.output.report == folder / "r.json");
  CHECK(config.output.state.empty());
}

TEST_CASE("redirect_outputs finds outputs and inputs that meet", "[config]") {
  const TemporaryFolder folder;
  Config twice = parse_sample({"output.model=a/x.pt", "output.state=b/x.pt"});
  const Error error = error_of([&] { redirect_outputs(twice, folder.path()); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "--output-dir: output.state: found the string \"x.pt\""));
  Config input = parse_sample({"output.model=a/m.pt"}, folder.path());
  CHECK(contains(error_of([&] { redirect_outputs(input, folder.path()); }).what(),
                 "the same file as model.path"));
}

TEST_CASE("an output of the command line is checked too", "[config]") {
  const TemporaryFolder folder;
  const Config config = parse_sample({}, folder.path());
  check_output_path(config, folder / "s.pt", "--state");
  CHECK(message_of(config, folder / "m.pt") ==
        "--state: found the string \"m.pt\", which is the same file as model.path, allowed a "
        "file of its own");
}

}  // namespace actsparse
