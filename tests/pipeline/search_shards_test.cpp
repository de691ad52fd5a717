#include "pipeline/search_shards.h"

#include "pipeline/budget.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

// The file of a shard of `place`'s search.
std::filesystem::path shard_of(Budget& place, int64_t index, int64_t count) {
  RunOptions options;
  options.shard = {index, count};
  const auto file = place / (std::to_string(index) + "of" + std::to_string(count) + ".json");
  measure_search_shard(place.config(), options, file);
  return file;
}

}  // namespace

TEST_CASE("a search from what shards have measured finds the same", "[pipeline]") {
  Budget place(R"({"macs": 0.6})");
  search(place.config(), {});
  const auto found = place.read("found.json"), curve = place.read("curve.json");
  const int64_t count = GENERATE(1, 2, 4);  // of the latter two have no group
  std::vector<std::filesystem::path> files;
  for (int64_t index = count; index > 0; --index) files.push_back(shard_of(place, index, count));
  search(place.config(), {}, files);
  CHECK(place.read("found.json") == found);
  CHECK(place.read("curve.json") == curve);
}

TEST_CASE("shards that do not belong together are refused", "[pipeline]") {
  Budget place(R"({"macs": 0.6})");
  const auto first = shard_of(place, 1, 2), second = shard_of(place, 2, 2),
             third = shard_of(place, 3, 3);
  const auto told = [&](const std::vector<std::filesystem::path>& files) {
    const auto error = error_of([&] { search(place.config(), {}, files); });
    CHECK(error.kind() == ErrorKind::State);
    return std::string(error.what());
  };
  CHECK(contains(told({first}), "shard 2/2 is missing"));
  CHECK(contains(told({first, second, first}), "which another file is, too"));
  CHECK(contains(told({first, third}), "of 2 shards"));
  CHECK(contains(told({place / "nothing.json"}), "cannot be read"));
  write_file(place / "bad.json", "{\"version\": 1}");
  CHECK(contains(told({place / "bad.json"}), "no shard of a search"));
  auto damaged = json::parse(place.read("1of2.json"));
  damaged["sensitivity"]["groups"] = json::array();
  write_file(place / "1of2.json", damaged.dump());
  CHECK(contains(told({first, second}), "damaged"));
  const auto again = shard_of(place, 1, 2);
  place.json["search"]["levels"] = {0.5};
  CHECK(contains(told({again, second}), "of another search"));
}
