// The command 'report' on the real binary.
#include "e2e/scene.h"

using namespace actsparse;

TEST_CASE("report makes a page of what run has written", "[e2e]") {
  Scene scene;
  REQUIRE(scene.run().exit_code == 0);
  const auto made = scene.actsparse({"report", "report.json", "-o", "page.html"});
  CHECK(made.exit_code == 0);
  CHECK(made.err.empty());
  CHECK(contains(made.out, "page: page.html ("));
  CHECK(contains(scene.read("page.html"), "conv2"));
  const auto as_json = scene.actsparse(
      {"report", "report.json", "--state", "state.pt", "-o", "page.html", "--json"});
  CHECK(only_json(as_json.out)["outputs"]["html"] == "page.html");
  CHECK(contains(scene.read("page.html"), "16 channels"));
}

TEST_CASE("several reports make a compared page", "[e2e]") {
  Scene scene;
  REQUIRE(scene.run().exit_code == 0);
  std::filesystem::copy_file(scene.folder / "report.json", scene.folder / "again.json");
  CHECK(scene.actsparse({"report", "report.json", "again.json", "-o", "page.html"}).exit_code == 0);
  CHECK(contains(scene.read("page.html"), "Side by side"));
}

TEST_CASE("what is no report is refused, and leaves no page", "[e2e]") {
  Scene scene;
  REQUIRE(scene.run().exit_code == 0);
  const auto refused = [&](const Arguments& arguments, int exit_code, const Arguments& fragments) {
    check_refused(scene.actsparse(arguments), exit_code, fragments);
    CHECK_FALSE(std::filesystem::exists(scene.folder / "page.html"));
  };
  refused({"report", "config.json", "-o", "page.html"}, 7, {"config.json", "no report"});
  refused({"report", "masked.pt", "-o", "page.html"}, 7, {"masked.pt", "no JSON"});
  refused({"report", "none.json", "-o", "page.html"}, 7, {"none.json", "cannot be read"});
  refused({"report", "report.json", "--state", "masked.pt", "-o", "page.html"}, 7, {"masked.pt"});
  refused({"report", "report.json", "-o", "no/page.html"}, 9, {"no"});
  refused({"report", "report.json"}, 2, {"--output"});
}
