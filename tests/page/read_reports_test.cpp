#include "page/read_reports.h"

#include "page/sample.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;

namespace {

Error refusal(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "x.json", bytes);
  return error_of([&] { read_page_report(folder / "x.json"); });
}

}  // namespace

TEST_CASE("reports are read under the names of their files", "[page]") {
  const TemporaryFolder folder;
  write_file(folder / "a.json", sample_run().dump());
  write_file(folder / "b/a.json", sample_search().dump());
  CHECK(read_page_report(folder / "a.json").name == "a.json");
  const auto both = read_page_reports({folder / "a.json", folder / "b/a.json"});
  CHECK(both[0].name != both[1].name);
  CHECK(both[1].document == sample_search());
}

TEST_CASE("what is no report is refused in one line", "[page]") {
  const auto check = [](const std::string& bytes, const std::string& part) {
    const Error error = refusal(bytes);
    INFO(error.what());
    CHECK(error.kind() == ErrorKind::State);
    CHECK(contains(error.what(), part));
    CHECK_FALSE(contains(error.what(), "\n"));
  };
  check("", "as it is no JSON");
  check("PK\x03\x04", "as it is no JSON");
  check("[1]", "its 'command' is missing");
  check("{}", "its 'command' is missing");
  check(R"({"version": 1, "command": "functions"})", "'evaluate'");
  check(R"({"version": 2, "command": "run"})", "of a newer actsparse: its version is 2");
  check(R"({"command": "run", "layers": )" + std::string(100000, '['), "nested too deeply");
}

TEST_CASE("a file that is not there, and a folder", "[page]") {
  const TemporaryFolder folder;
  const auto message = [](const std::filesystem::path& path) {
    return std::string(error_of([&] { read_page_report(path); }).what());
  };
  CHECK(contains(message(folder / "none.json"), "cannot be read: No such file"));
  CHECK(contains(message(folder.path()), "is a folder"));
}
