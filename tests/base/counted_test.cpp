#include "base/counted.h"

#include "support/catch.h"

using actsparse::counted;

TEST_CASE("One thing is singular, none and many are plural", "[base]") {
  CHECK(counted(0, "layer") == "0 layers");
  CHECK(counted(1, "layer") == "1 layer");
  CHECK(counted(2, "layer") == "2 layers");
  CHECK(counted(1, "batch") == "1 batch");
  CHECK(counted(16, "batch") == "16 batches");
}
