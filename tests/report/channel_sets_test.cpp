#include "report/channel_sets.h"

#include <sstream>

#include "support/catch.h"

using namespace actsparse;

namespace {

ChannelSets sample() {
  return channel_sets(
      {"a", "b", "c"},
      {{LayerChannels{1, 0, {1, 2, 3}, {1, 1, 1}}, "", {"", "read by 'x'", "read by 'x'"}},
       {LayerChannels{1, 1, {1, 2, 3, 7, 8}, {1, 1, 1, 7, 7}},
        "",
        {"", "read by 'x'", "read by 'x'", "read by 'y'", "model output"}},
       {LayerChannels{1, 2, {4, 4, 4, 5}, {4, 4, 4, 4}}, "", {"", "", "", ""}}});
}

}  // namespace

TEST_CASE("sets are listed with their classes and who reads them", "[report]") {
  const ChannelSets found = sample();
  REQUIRE(found.sets.size() == 3);
  CHECK(found.sets[0].classes == 3);
  CHECK(found.sets[0].largest == 1);
  REQUIRE(found.sets[0].readers.size() == 2);
  CHECK(found.sets[0].readers[1].layer == "b");
  CHECK(found.sets[0].readers[1].channels == 3);
  CHECK(found.sets[1].readers[0].channels == 2);
  CHECK(found.sets[2].classes == 2);
  CHECK(found.sets[2].largest == 3);
}

TEST_CASE("a class that is most of its set is told of", "[report]") {
  REQUIRE(sample().warnings.size() == 1);
  CHECK(contains(sample().warnings[0], "layer 'c': 3 of 4 channels can only go together"));
}

TEST_CASE("sets as text and as JSON", "[report]") {
  std::ostringstream text;
  print_text(sample(), text);
  CHECK(
      contains(text.str(),
               "group  classes  largest  removable  kept                             read by\n"
               "    1        3        1          1  2: read by 'x'                   a (3), b (3)\n"
               "    2        2        1          0  1: model output; 1: read by 'y'  b (2)\n"
               "    3        2        3          2                                   c (4)\n"));
  const auto document = to_json(sample());
  CHECK(document["groups"][1]["readers"][0]["layer"] == "b");
  CHECK(document["groups"][0]["removable"] == 1);
  CHECK(document["groups"][0]["kept"][0]["classes"] == 2);
  CHECK(document["groups"][0]["kept"][0]["because"] == "read by 'x'");
  CHECK(document["warnings"].size() == 1);
}

TEST_CASE("a layer whose axis is unknown is in no set, but told of", "[report]") {
  const auto found =
      channel_sets({"a", "b"}, {{std::nullopt, "layer 'a': which axis, nobody knows", {}},
                                {LayerChannels{1, 0, {1, 2}, {1, 1}}, "", {"", ""}}});
  REQUIRE(found.sets.size() == 1);
  CHECK(found.sets[0].readers.at(0).layer == "b");
  REQUIRE(found.warnings.size() == 1);
  CHECK(contains(found.warnings[0], "which axis, nobody knows; with \"align\" give it \"none\""));
}
