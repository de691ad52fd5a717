#include "config/reference.h"

#include "support/catch.h"
#include "support/error_of.h"

namespace actsparse {

TEST_CASE("tables of keys are made anew between their lines", "[config]") {
  const std::string page = with_key_tables(
      "# Top\n\n<!-- keys: model -->\nold\n<!-- end of keys -->\n\nText.\n"
      "<!-- keys: augment -->\n<!-- end of keys -->\nEnd.\n");
  CHECK(contains(page, "# Top\n\n<!-- keys: model -->\n| key | type | default | meaning |\n"));
  CHECK(contains(page, "| `path` | file | required | the TorchScript file |\n"));
  CHECK(contains(page, "| `mode` | `\"eval\"`, `\"train\"` | `\"eval\"` | "));
  CHECK(contains(page, "| `shift` | integer >= 0 | 0 | "));
  CHECK(contains(page, "<!-- end of keys -->\nEnd.\n"));
  CHECK_FALSE(contains(page, "old"));
  CHECK(with_key_tables(page) == page);
}

TEST_CASE("a page without tables stays as it is", "[config]") {
  CHECK(with_key_tables("# Top\n") == "# Top\n");
}

TEST_CASE("kinds of entries have tables of their own", "[config]") {
  const auto table = [](const std::string& name) {
    return with_key_tables("<!-- keys: " + name + " -->\n<!-- end of keys -->\n");
  };
  CHECK(contains(table("path"), "`permute`"));
  CHECK(contains(table("images"), "`layout`"));
  CHECK(contains(table("selector"), "`exclude`"));
  CHECK_FALSE(contains(table("selector"), "`mask_fn`"));
}

TEST_CASE("a table that has no name or no end is told", "[config]") {
  const auto message = [](const std::string& page) {
    return std::string(error_of([&] { with_key_tables(page); }).what());
  };
  CHECK(contains(message("<!-- keys: modle -->\n<!-- end of keys -->\n"), "'modle'"));
  CHECK(contains(message("<!-- keys: model -->\n| old |\n"), "no line '<!-- end of keys -->'"));
}

}  // namespace actsparse
