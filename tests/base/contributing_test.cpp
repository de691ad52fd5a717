// What CONTRIBUTING.md shows is compiled.
#include <regex>

#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;

TEST_CASE("every example of CONTRIBUTING.md stands in the file it names", "[base]") {
  static const std::regex block("```cpp\n// ([^\n]+)\n([^`]*)```");
  const std::string text = read_file(source_dir() / "CONTRIBUTING.md");
  int examples = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), block), end; match != end; ++match) {
    INFO((*match)[1] << '\n' << (*match)[2]);
    CHECK(contains(read_file(source_dir() / (*match)[1].str()), (*match)[2]));
    ++examples;
  }
  CHECK(examples >= 5);
}
