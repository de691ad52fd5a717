#include "config/sample.h"

namespace actsparse {

TEST_CASE("data has its defaults", "[config]") {
  const DataConfig data = parse_sample().data;
  CHECK(data.batch_size == 32);
  CHECK_FALSE(data.limit.has_value());
  CHECK_FALSE(data.drop_last);
  CHECK(data.inputs.size() == 1);
  CHECK(data.batches.empty());
}

TEST_CASE("data takes what is given", "[config]") {
  const DataConfig data =
      parse_sample({"data.batch_size=1", "data.limit=5", "data.drop_last=true"}).data;
  CHECK(data.batch_size == 1);
  CHECK(data.limit == 5);
  CHECK(data.drop_last);
  CHECK_FALSE(parse_sample({"data.limit=null"}).data.limit.has_value());
}

TEST_CASE("batches are one pattern or a list, relative to the config", "[config]") {
  const TemporaryFolder folder;
  const auto data = [&](const std::string& batches) {
    return parse_sample({"data={\"batches\": " + batches + "}"}, folder.path()).data;
  };
  CHECK(data(R"("calib/*.pt")").batches == std::vector<std::string>{"calib/*.pt"});
  CHECK(data(R"(["b/*", "a.pt"])").batches == std::vector<std::string>{"b/*", "a.pt"});
  CHECK(data(R"("a.pt")").base == folder.path());
}

}  // namespace actsparse
