#include "page/write_page.h"

#include <sstream>

#include "page/sample.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

using namespace actsparse;

TEST_CASE("a page is written, and its size is told", "[page]") {
  const TemporaryFolder folder;
  write_file(folder / "a.json", sample_run().dump());
  const WrittenPage page = make_page({folder / "a.json"}, folder / "a.html");
  CHECK(read_file(folder / "a.html").size() == static_cast<size_t>(page.bytes));
  std::ostringstream text;
  print_text(page, text);
  CHECK(contains(text.str(), "a.html ("));
  CHECK(to_json(page)["outputs"]["html"] == "a.html");
}

TEST_CASE("a page does not overwrite a report, and is refused before reports are read", "[page]") {
  const TemporaryFolder folder;
  write_file(folder / "a.json", "{");
  CHECK(error_of([&] { make_page({folder / "a.json"}, folder / "a.json"); }).kind() ==
        ErrorKind::Usage);
  CHECK(error_of([&] { make_page({folder / "a.json"}, folder / "no/a.html"); }).kind() ==
        ErrorKind::Output);
  CHECK(read_file(folder / "a.json") == "{");
}
