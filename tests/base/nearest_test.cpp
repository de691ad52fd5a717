#include "base/nearest.h"

#include "support/catch.h"

namespace actsparse {

using Names = std::vector<std::string>;

TEST_CASE("nearest names come first by edit distance, case ignored", "[base]") {
  CHECK(nearest("batchsize", {"limit", "batch_size", "batches"}) == Names{"batch_size"});
  CHECK(nearest("conv1", {"conv12", "Conv1", "conv34", "relu"}) ==
        Names{"Conv1", "conv12", "conv34"});
  CHECK(nearest("conv2d", {"Linear", "Conv2d"}) == Names{"Conv2d"});
}

TEST_CASE("nearest keeps the candidates' order among equals, and at most so many", "[base]") {
  CHECK(nearest("fc0", {"fc3", "fc1", "fc2"}, 2) == Names{"fc3", "fc1"});
}

TEST_CASE("nearest offers nothing that shares nothing with a short name", "[base]") {
  CHECK(nearest("k", {"n", "m", "dim"}).empty());
  CHECK(nearest("n_", {"n", "m"}) == Names{"n"});
  CHECK(nearest("", {"a", "ab"}).empty());
  CHECK(nearest("encoder", {"relu", "softmax"}).empty());
}

TEST_CASE("did_you_mean makes the end of a message", "[base]") {
  CHECK(did_you_mean("limt", {"limit"}) == "; did you mean 'limit'?");
  CHECK(did_you_mean("fc0", {"fc1", "fc2"}) == "; did you mean 'fc1' or 'fc2'?");
  CHECK(did_you_mean("fc0", {"fc1", "fc2", "fc3", "fc4"}) ==
        "; did you mean 'fc1', 'fc2' or 'fc3'?");
  CHECK(did_you_mean("zzz", {"limit"}).empty());
}

TEST_CASE("quoted_list cuts a long list", "[base]") {
  CHECK(quoted_list({}).empty());
  CHECK(quoted_list({"a", "b"}) == "'a', 'b'");
  CHECK(quoted_list({"a", "b", "c", "d"}, 2) == "'a', 'b' and 2 more");
}

}  // namespace actsparse
