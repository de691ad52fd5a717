#include "report/sample.h"
#include "support/catch.h"

using namespace actsparse;

TEST_CASE("A report read again is the same report", "[report]") {
  Report full = sample_report();
  full.dry_run = DryRun{3, 24, 1.5, 100, 2000, 300, 200};
  full.compact = sample_compact();
  for (const Report& report : {sample_report(), full, Report{}})
    CHECK(to_json(report_from_json(to_json(report))) == to_json(report));
}

TEST_CASE("A report that lacks a part cannot be read", "[report]") {
  const auto whole = to_json(sample_report());
  for (const auto& [key, value] : whole.items()) {
    if (key == "version") continue;
    auto document = whole;
    document.erase(key);
    INFO(key);
    CHECK_THROWS_AS(report_from_json(document), nlohmann::json::exception);
  }
}
