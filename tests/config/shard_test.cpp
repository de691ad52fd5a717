#include "config/shard.h"

#include "base/error.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

TEST_CASE("a shard is read from I/N", "[config]") {
  const Shard shard = parse_shard("2/4");
  CHECK(shard.index == 2);
  CHECK(shard.count == 4);
  CHECK_FALSE(shard.is_whole());
  CHECK(shard.text() == "2/4");
  CHECK(parse_shard("1/1").is_whole());
}

TEST_CASE("what is no shard is a wrong command line", "[config]") {
  for (const char* text : {"", "2", "/", "2/", "/4", "0/4", "5/4", "-1/4", "1/0", "1/4x", "1.5/4",
                           "1/99999999999999999999", " 1/4"}) {
    INFO(text);
    const Error error = error_of([&] { parse_shard(text); });
    CHECK(error.kind() == ErrorKind::Usage);
    CHECK(contains(error.what(), "allowed is I/N"));
  }
}
