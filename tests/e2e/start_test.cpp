// What is answered without LibTorch, and what is said when the rest of actsparse cannot be loaded.
#include "e2e/scene.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

// The binary alone: whatever works here does so without LibTorch.
class LonelyBinary {
 public:
  LonelyBinary() {
    fs::create_directory(scene.folder / "bin");
    fs::copy_file(actsparse_binary(), binary());
    scene.write("config.json", scene.config.dump());
  }
  ProcessResult operator()(Arguments arguments) const {
    arguments.insert(arguments.begin(), binary().string());
    return run_process(arguments, scene.folder.path());
  }
  /// Where the engine would be, as the error says.
  fs::path engine() const {
    const std::string error = (*this)({"functions"}).err;
    const size_t start = std::string("actsparse: error: ").size();
    return error.substr(start, error.find(": ", start) - start);
  }
  fs::path binary() const { return scene.folder / "bin/actsparse"; }

  Scene scene;
};

}  // namespace

TEST_CASE("Help, version, wrong command lines and bad configs need no LibTorch", "[e2e]") {
  LonelyBinary lonely;
  CHECK(lonely({"--help"}).exit_code == 0);
  CHECK(contains(lonely({"--version"}).out, "actsparse "));
  CHECK(lonely({"run", "--help"}).exit_code == 0);
  check_refused(lonely({"inspec"}), 2, {"did you mean 'inspect'"});
  check_refused(lonely({"run", "-c", "config.json", "--set", "nonsense"}), 2, {"--set"});
  check_refused(lonely({"run", "-c", "missing.json"}), 3, {"missing.json"});
  for (const Arguments& command :
       {Arguments{"run"}, Arguments{"calibrate", "--state", "x"}, Arguments{"inspect", "x.pt"},
        Arguments{"step", "--state", "x", "--state-out", "y"}, Arguments{"evaluate", "x.pt"},
        Arguments{"apply", "x.pt", "--state", "x", "-o", "y"}}) {
    Arguments arguments = command;
    arguments.insert(arguments.end(), {"-c", "config.json", "--set", "data.batch_sise=3"});
    check_refused(lonely(arguments), 3, {"batch_sise", "did you mean 'batch_size'"});
  }
  const auto linked = run_process({"ldd", actsparse_binary()}, lonely.scene.folder.path());
  REQUIRE(linked.exit_code == 0);
  CHECK_FALSE(contains(linked.out, "torch"));
}

TEST_CASE("A missing, broken or foreign engine is told with its place", "[e2e]") {
  LonelyBinary lonely;
  const fs::path engine = lonely.engine();
  const auto check_run = [&](const std::string& what) {
    check_refused(lonely({"run", "-c", "config.json"}), 2, {engine.string(), what, "install"});
  };
  CHECK(engine.filename() == "actsparse_engine.so");
  check_run("is missing");
  fs::create_directories(engine.parent_path());
  write_file(engine, "no library");
  check_run("cannot be loaded: ");
  fs::remove(engine);
  fs::copy_file(plugin_library(), engine);
  check_run("is of version 0.0.0, actsparse of ");
}

TEST_CASE("Threads are those asked for, else the environment's, else the cores at hand", "[e2e]") {
  const TemporaryFolder folder;
  const auto threads = [&](const std::string& before, const std::string& after) {
    const std::string script = before + " \"$0\" functions -v " + after;
    const auto result = run_process({"sh", "-c", script, actsparse_binary()}, folder.path());
    CHECK(result.exit_code == 0);
    return result.err;
  };
  const std::string said = "actsparse: debug: threads inside operators: ";
  CHECK(threads("OMP_NUM_THREADS=2", "--threads 3") == said + "3\n");
  CHECK(threads("OMP_NUM_THREADS=2", "") == said + "2\n");
  CHECK(threads("env -u OMP_NUM_THREADS -u MKL_NUM_THREADS taskset -c 0", "") == said + "1\n");
}
