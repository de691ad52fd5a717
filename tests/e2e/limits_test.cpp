// Limits that the system sets: on memory, on files, on permissions.
#include <sys/stat.h>

#include "e2e/scene.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

// `actsparse run -c config.json` under `ulimit OPTION VALUE` (of dash: -f in 512 bytes, -v in KiB).
ProcessResult run_limited(Scene& scene, const std::string& limit, const Arguments& more = {}) {
  scene.write("config.json", scene.config.dump());
  Arguments command = {"sh", "-c", "ulimit " + limit + "; exec \"$0\" run -c config.json \"$@\"",
                       actsparse_binary()};
  command.insert(command.end(), more.begin(), more.end());
  return run_process(command, scene.folder.path());
}

// A checkpoint as an interrupted run leaves it.
void leave_checkpoint(Scene& scene) {
  scene.config["defaults"]["aggregate_fn"] = {{"name", "sum"}, {"except_dim", {1}}};
  scene.config["defaults"]["reduce_fn"] = "identity";
  scene.config["run"]["checkpoint"]["batches"] = 1;
  scene.config["run"]["checkpoint"]["path"] = "kept.pt";
  // The masked model cannot be put in place at the end: the last checkpoint stays.
  run_limited(scene, "-f 40");
  REQUIRE(fs::exists(scene.folder / "kept.pt"));
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes
TEST_CASE("A limit on address space that LibTorch does not fit in is refused at once", "[e2e]") {
  Scene scene;
  for (const char* limit : {"-v 300000", "-v 600000", "-v 1000000"}) {
    INFO(limit);
    scene.write("config.json", scene.config.dump());
    const auto before = contents(scene.folder.path());
    check_refused(run_limited(scene, limit), 2, {"address space", "ulimit -v"});
    CHECK(contents(scene.folder.path()) == before);
  }
}
#endif

TEST_CASE("A full disk is an output error, and the outputs of before stay", "[e2e]") {
  Scene scene;
  scene.write("config.json", scene.config.dump());
  const auto before = contents(scene.folder.path());
  check_refused(run_limited(scene, "-f 40"), 9, {"masked.pt", "disk full"});
  CHECK(contents(scene.folder.path()) == before);
}

TEST_CASE("A checkpoint on a full disk is an output error, and the one of before stays", "[e2e]") {
  Scene scene;
  leave_checkpoint(scene);
  const auto before = contents(scene.folder.path());
  check_refused(run_limited(scene, "-f 2"), 9, {"kept.pt"});
  CHECK(contents(scene.folder.path()) == before);
  const auto resumed = scene.run({"--resume", "--json"});
  CHECK(resumed.exit_code == 0);
  CHECK(contains(resumed.err, "going on after batch"));
}

TEST_CASE("A checkpoint that cannot be written is refused before the first batch", "[e2e]") {
  Scene scene;
  scene.config["run"]["checkpoint"]["batches"] = 1;
  scene.config["run"]["checkpoint"]["path"] = "no/such/kept.pt";
  check_run_refused(scene, 9, {"no/such", "does not exist"});
  fs::create_directory(scene.folder / "locked");
  scene.config["run"]["checkpoint"]["path"] = "locked/kept.pt";
  scene.write("config.json", scene.config.dump());
  const auto command = unprivileged({"run", "-c", "config.json"});
  if (!command) return;
  ::chmod(scene.folder.path().c_str(), 0777);
  ::chmod((scene.folder / "locked").c_str(), 0555);
  const auto before = contents(scene.folder.path());
  check_refused(run_process(*command, scene.folder.path()), 9,
                {"kept.pt", "cannot be written", "ermission"});
  CHECK(contents(scene.folder.path()) == before);
}
