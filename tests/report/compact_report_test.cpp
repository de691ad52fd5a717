#include "report/compact_report.h"

#include <limits>
#include <sstream>

#include "report/sample.h"
#include "support/catch.h"

using namespace actsparse;

TEST_CASE("What compacting did, as text", "[report]") {
  std::ostringstream out;
  print_text(sample_compact(), out);
  CHECK(
      out.str() ==
      "layer   channels  masked  removed\n"
      "fc             8       4        3  kept 1: read by 'conv'\n"
      "(root)         8       4        0  kept 4: x; reads a subset by index_select\n"
      "parameters 100 -> 25 (0.25)\n"
      "MACs       1000 -> 250 (0.25)\n"
      "file       400 B -> 100 B (0.25)\n"
      "time       400.00 ms unmasked, 500.00 ms masked, 100.00 ms small: 0.25 of unmasked, 0.20 of "
      "masked (medians of 15 in turn, 1 threads, batch of 2)\n"
      "equal to the masked model on [2, 3]: difference 2.0e-07, relative to the spread "
      "between samples 1.0e-06\n");
}

TEST_CASE("What compacting did, as JSON: its times apart from the rest", "[report]") {
  const auto whole = to_json(CompactResult{sample_compact(), "masked.pt", "small.pt", {}});
  CHECK(whole["command"] == "compact");
  CHECK(whole["layers"][1]["gathered"] == 4);
  CHECK(whole["timing"]["small_seconds"] == 0.1);
  Report report = sample_report();
  report.compact = sample_compact();
  const auto part = to_json(report);
  for (const auto& [key, value] : part["compact"].items()) CHECK(whole[key] == value);
  for (const auto& [key, value] : part["timing"]["compact"].items())
    CHECK(whole["timing"][key] == value);
  CHECK_FALSE(to_json(sample_report()).contains("compact"));
}

TEST_CASE("An infinite difference over the variation is read as such", "[report]") {
  CompactReport report = sample_compact();
  report.differences[0].over_variation = std::numeric_limits<double>::infinity();
  CompactReport read;
  from_json(nlohmann::ordered_json::parse(to_json(report).dump()), read);
  CHECK(read.differences[0].over_variation == report.differences[0].over_variation);
}

TEST_CASE("A small model that is not faster is told of, and what keeps it large", "[report]") {
  CompactReport report = sample_compact();
  CHECK(timing_warnings(report).empty());
  report.latency.small = report.latency.masked;
  const std::string warning =
      "the small model is not faster than the masked one (1.00 of its time); kept most often: 4 x, "
      "1 read by 'conv'";
  CHECK(timing_warnings(report) == std::vector<std::string>{warning});
  std::ostringstream out;
  print_text(CompactResult{report, "masked.pt", "small.pt", {}}, out);
  CHECK(contains(out.str(), "\nwarning: " + warning + "\n"));
  CHECK(to_json(report)["warnings"].empty());
  CHECK(compact_timing_json(report)["warnings"].size() == 1);
}

TEST_CASE("The causes of all layers are counted together, the three largest are named",
          "[report]") {
  const auto layer = [](std::vector<std::pair<int64_t, std::string>> kept) {
    MaskedChannels channels;
    channels.kept = std::move(kept);
    return channels;
  };
  CHECK(most_kept({layer({}), layer({})}) == "");
  CHECK(most_kept({layer({{3, "a"}, {2, "b"}}), layer({{4, "b"}, {1, "c"}, {1, "d"}})}) ==
        "; kept most often: 6 b, 3 a, 1 c");
}
