#include "report/table.h"

#include <sstream>

#include "support/catch.h"

using namespace actsparse;

namespace {

std::string printed(const std::vector<std::vector<std::string>>& rows,
                    const std::vector<size_t>& right) {
  std::ostringstream out;
  print_text(Rows{{rows, right}}, out);
  return out.str();
}

}  // namespace

TEST_CASE("Columns are as wide as their widest cell and aligned as asked", "[report]") {
  CHECK(printed({{"name", "n", "note"}, {"a", "100", "x"}, {"longer", "7", "yes"}}, {1}) ==
        "name      n  note\n"
        "a       100  x\n"
        "longer    7  yes\n");
}

TEST_CASE("Rows may be short, cells empty; no line ends in spaces", "[report]") {
  CHECK(printed({{"a", "b"}, {"long"}, {"x", ""}}, {}) == "a     b\nlong\nx\n");
  CHECK(printed({{"a"}, {}, {""}}, {0}) == "a\n\n\n");
  CHECK(printed({}, {0}) == "");
}

TEST_CASE("Columns are counted in characters, not in bytes", "[report]") {
  CHECK(printed({{"name", "unit"}, {"\u03bc", "x"}}, {}) == "name  unit\n\u03bc     x\n");
}
