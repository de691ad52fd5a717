#include "config/sample.h"

namespace actsparse {
namespace {

SearchConfig search_config(const std::string& text) {
  return parse_sample({"search=" + text}).search;
}

std::string search_rejected(const std::string& text) { return rejection({"search=" + text}); }

}  // namespace

TEST_CASE("a search has levels and no budget if nothing else is said", "[config]") {
  const SearchConfig plain = parse_sample().search;
  CHECK(plain.levels.size() == 7);
  CHECK(plain.metric.empty());
  CHECK(plain.remains.empty());
  CHECK(plain.holds.empty());
  CHECK_FALSE(plain.data);
}

TEST_CASE("levels come in order, each once", "[config]") {
  CHECK(search_config(R"({"levels": [0.5, 0.25, 1, 0.5]})").levels ==
        std::vector<double>{0.25, 0.5, 1});
}

TEST_CASE("a budget is of what remains, of what holds, or of both", "[config]") {
  const SearchConfig given = search_config(
      R"({"budget": {"macs": 0.5, "agreement": {"min": 0.9}, "parameters": 1, "mine": {"max": 2}}})");
  CHECK(given.remains ==
        std::vector<std::pair<std::string, double>>{{"macs", 0.5}, {"parameters", 1}});
  REQUIRE(given.holds.size() == 2);
  CHECK(given.holds[0].metric == "agreement");
  CHECK(given.holds[0].path == "search.budget.agreement");
  CHECK(given.holds[1].max == 2);
}

TEST_CASE("metrics that need labels are refused in a search that has none", "[config]") {
  CHECK(search_rejected(R"({"metric": "accuracy"})") ==
        "search.metric: found 'accuracy' but no labels, allowed it only with labels: add "
        "search.labels");
  CHECK(contains(search_rejected(R"({"budget": {"accuracy": {"max_drop": 0.01}}})"),
                 "search.budget.accuracy: found 'accuracy' but no labels"));
  CHECK(search_config(R"({"metric": "accuracy", "labels": {"path": "y.npy"}})").labels);
}

}  // namespace actsparse
