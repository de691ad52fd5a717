#include "data/file_patterns.h"

#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;

TEST_CASE("a pattern finds files below its folder in the order of their bytes", "[data]") {
  const TemporaryFolder folder;
  for (const char* name : {"b2.pt", "b10.pt", "a.pt", "[x].pt"}) write_file(folder / name, "");
  using Paths = std::vector<std::filesystem::path>;
  CHECK(matching_files(folder.path(), "b*.pt") == Paths{folder / "b10.pt", folder / "b2.pt"});
  CHECK(matching_files(folder.path(), "[x].pt") == Paths{folder / "[x].pt"});  // its very name
  CHECK(matching_files(folder.path(), "c*").empty());
}

TEST_CASE("a file is named as its pattern is: relative, or absolute", "[data]") {
  CHECK(written_name("/a/b", "*.pt", "/a/b/x.pt") == "x.pt");
  CHECK(written_name("/a/b", ".", "/a/b/./x.pt") == "x.pt");
  CHECK(written_name("/a/b", "../*.pt", "/a/x.pt") == "../x.pt");
  CHECK(written_name("/a/b", "/a/*.pt", "/a/x.pt") == "/a/x.pt");
}
