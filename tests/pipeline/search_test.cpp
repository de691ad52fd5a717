// A search, from a config to a found one and its models.
#include <atomic>

#include "pipeline/budget.h"
#include "report/search_report.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

const SearchPoint& chosen(const SearchReport& report) { return report.points.at(*report.chosen); }

}  // namespace

TEST_CASE("a search keeps to what may remain, and run makes the same of what it found",
          "[pipeline]") {
  Budget place(R"({"macs": 0.6})");
  const SearchReport report = search(place.config(), {});
  CHECK(report.met);
  CHECK(report.unmet.empty());
  REQUIRE(report.chosen);
  REQUIRE(chosen(report).macs);
  CHECK(*chosen(report).macs <= 0.6);
  CHECK(*chosen(report).macs > 0.2);
  for (const auto& point : report.points) {
    CHECK(point.levels.size() == report.sensitivity.groups.size());
    CHECK_FALSE(point.measured.empty());
  }
  CHECK(report.check.samples > 0);
  std::filesystem::create_directory(place / "again");
  Config found = load_config(place / "found.json");
  redirect_outputs(found, place / "again");
  const Report made = run(found, {});
  for (const std::string name : {"masked.pt", "small.pt", "state.pt"}) {
    CAPTURE(name);
    CHECK(place.read("again/" + name) == place.read(name));
  }
  CHECK(static_cast<double>(made.compact->macs.after) <=
        0.6 * static_cast<double>(made.compact->macs.before));
  const auto curve = json::parse(place.read("curve.json"));
  CHECK(curve["points"].size() == report.points.size());
  CHECK(curve["budget"]["macs"] == 0.6);
}

TEST_CASE("the same search finds the same config", "[pipeline]") {
  Budget place(R"({"macs": 0.7})");
  search(place.config(), {});
  const auto found = place.read("found.json"), curve = place.read("curve.json");
  search(place.config(), {});
  CHECK(place.read("found.json") == found);
  CHECK(place.read("curve.json") == curve);
}

TEST_CASE("two kinds of what may remain are both kept to", "[pipeline]") {
  Budget place(R"({"macs": 0.8, "parameters": 0.6})");
  const SearchReport report = search(place.config(), {});
  CHECK(report.met);
  CHECK(*chosen(report).macs <= 0.8);
  CHECK(*chosen(report).parameters <= 0.6);
}

TEST_CASE("a bound on time is kept to by what was measured of operators", "[pipeline]") {
  Budget place(R"({"time": 0.97, "macs": 0.9})");
  const SearchReport report = search(place.config(), {});
  REQUIRE(report.time);
  CHECK(*report.time > 0);
  CHECK(report.threads > 0);
  for (const auto& point : report.points) REQUIRE(point.time);
  CHECK(*chosen(report).time <= 0.97);
  CHECK(*chosen(report).macs <= 0.9);
  const auto curve = json::parse(place.read("curve.json"));
  CHECK(curve["points"][0]["time"] == *report.points[0].time);
}

TEST_CASE("time is bounded only where it can be measured", "[pipeline]") {
  Budget place(R"({"time": 0.9})");
  place.json["output"].erase("compact");
  const auto error = error_of([&] { search(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "output.compact"));
  Budget shared(R"({"time": 0.9})");
  RunOptions second;
  second.shard = {2, 3};
  const auto several =
      error_of([&] { measure_search_shard(shared.config(), second, shared / "part.json"); });
  CHECK(several.kind() == ErrorKind::Config);
  CHECK(contains(several.what(), "shards"));
}

TEST_CASE("where only quality is bounded, as much goes as that allows", "[pipeline]") {
  Budget loose(R"({"relative_error": {"max": 0.5}})"),
      strict(R"({"relative_error": {"max": 0.1}})");
  const SearchReport much = search(loose.config(), {}), little = search(strict.config(), {});
  CHECK(chosen(much).meets);
  CHECK(chosen(little).meets);
  CHECK(*chosen(much).macs < *chosen(little).macs);
}

TEST_CASE("a budget that cannot be met is told, and the nearest is kept", "[pipeline]") {
  SECTION("too little may remain") {
    Budget place(R"({"macs": 0.01})");
    const SearchReport report = search(place.config(), {});
    CHECK_FALSE(report.met);
    CHECK(contains(report.unmet, "macs"));
    CHECK_FALSE(place.read("masked.pt").empty());
    CHECK_FALSE(place.read("found.json").empty());
  }
  SECTION("both together") {
    Budget place(R"({"macs": 0.5, "relative_error": {"max": 1e-6}})");
    const SearchReport report = search(place.config(), {});
    CHECK_FALSE(report.met);
    CHECK(contains(report.unmet, "relative_error"));
    CHECK(*chosen(report).macs <= 0.5);
  }
}

TEST_CASE("a search that finds nothing to mask says why", "[pipeline]") {
  Budget whole(R"({"macs": 1})");
  auto error = error_of([&] { search(whole.config(), {}); });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "it is met with nothing masked"));
  Budget input(R"({"macs": 0.9})");  // what enters the first layer is the model's own input
  input.json["layers"] = {{{"name", "conv1"}}};
  error = error_of([&] { search(input.config(), {}); });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "--groups"));
}

TEST_CASE("where only quality is bounded and nothing saves anything, that is told", "[pipeline]") {
  Budget input(R"({"relative_error": {"max": 0.5}})");
  input.json["layers"] = {{{"name", "conv1"}}};
  const auto error = error_of([&] { search(input.config(), {}); });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "--groups"));
}

TEST_CASE("a search without a budget or without a model to write is refused", "[pipeline]") {
  Budget none(R"({"macs": 0.5})");
  none.json["search"].erase("budget");
  auto error = error_of([&] { search(none.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "search.budget"));
  Budget unwritten(R"({"macs": 0.5})");
  unwritten.json["output"] = {{"config", "found.json"}};
  error = error_of([&] { search(unwritten.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "output.model"));
}

TEST_CASE("a search that was interrupted is gone on with, to the same bytes", "[pipeline]") {
  Budget place(R"({"macs": 0.6})");
  int64_t all = 0;
  RunOptions counted;
  counted.progress = [&](const Progress&) { ++all; };
  search(place.config(), counted);
  const auto found = place.read("found.json"), masked = place.read("masked.pt"),
             curve = place.read("curve.json");
  const auto names = place.names();
  for (const int64_t told_before : {int64_t{1}, all / 3, all / 2, 2 * all / 3, all - 2}) {
    int64_t told = 0;
    std::atomic<bool> interrupted{false};
    RunOptions options;
    options.interrupted = &interrupted;
    options.progress = [&](const Progress&) { interrupted = ++told == told_before; };
    for (const char* file : {"found.json", "masked.pt", "curve.json"})
      std::filesystem::remove(place / file);
    CHECK(error_of([&] { search(place.config(), options); }).kind() == ErrorKind::Interrupted);
    int64_t rest = 0;
    RunOptions later;
    later.resume = true;
    later.progress = [&](const Progress&) { ++rest; };
    search(place.config(), later);
    CHECK(place.read("found.json") == found);
    CHECK(place.read("masked.pt") == masked);
    CHECK(place.read("curve.json") == curve);
    CHECK(place.names() == names);
    if (told_before > all / 2) CHECK(rest < all);
  }
}

TEST_CASE("a checkpoint of another search is not gone on from", "[pipeline]") {
  Budget place(R"({"macs": 0.6})");
  std::atomic<bool> interrupted{false};
  RunOptions options;
  options.interrupted = &interrupted;
  options.progress = [&](const Progress& progress) { interrupted = progress.unit == "layers"; };
  CHECK(error_of([&] { search(place.config(), options); }).kind() == ErrorKind::Interrupted);
  place.json["search"]["levels"] = {0.5};
  RunOptions later;
  later.resume = true;
  const SearchReport report = search(place.config(), later);
  CHECK(report.sensitivity.groups.front().points.size() == 1);
}

TEST_CASE("a search that goes on has the times that were measured before", "[pipeline]") {
  Budget place(R"({"time": 0.9})");
  std::atomic<bool> interrupted{false};
  RunOptions options;
  options.interrupted = &interrupted;
  options.progress = [&](const Progress& progress) { interrupted = progress.unit == "layers"; };
  CHECK(error_of([&] { search(place.config(), options); }).kind() == ErrorKind::Interrupted);
  const std::string file = "state.pt.search.checkpoint.search";
  auto left = json::parse(place.read(file));
  REQUIRE(left["times"].size() > 1);
  left["times"]["whole"] = 100;  // as if what is saved counted a hundred times
  write_file(place / file, left.dump());
  RunOptions later;
  later.resume = true;
  const SearchReport report = search(place.config(), later);
  CHECK(*report.points.front().time < 0);
}

TEST_CASE("bounds of metrics that there are not, or that the answers do not have, are refused",
          "[pipeline]") {
  Budget unknown(R"({"agrement": {"min": 0.9}})");
  auto error = error_of([&] { search(unknown.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "search.budget.agrement"));
  CHECK(contains(error.what(), "did you mean 'agreement'?"));
  Workplace whole(with_dropout(), {"fc"});  // four numbers: two of five classes are asked for
  whole.json["search"] = {{"budget", {{"agreement_5", {{"min", 0.5}}}}}};
  error = error_of([&] { search(whole.config(), {}); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "search.budget.agreement_5"));
}

TEST_CASE("a function of the user's can be what must hold", "[pipeline]") {
  Budget place(R"({"off": {"max": 2}})");
  write_file(place / "mine.py",
             "def off(baseline: Tensor, candidate: Tensor) -> Tensor:\n"
             "  return (candidate - baseline).abs().flatten(1).mean(1)\n");
  place.json["functions"] = {"mine.py"};
  const SearchReport report = search(place.config(), {});
  CHECK(report.met);
  CHECK(chosen(report).macs < 1);
  CHECK(report.check.candidates.at(0).judgement.gates.at(0).metric == "off");
}
