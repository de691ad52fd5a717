// output.html, and pages of reports with their states.
#include "pipeline/helpers.h"
#include "pipeline/requests.h"
#include "report/answer.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

// Histograms, of which masks of channels are made.
void ask_for_histograms(Workplace& place) {
  place.json["defaults"] = {
      {"aggregate_fn", {{"name", "histogram"}, {"except_dim", {1}}, {"q", 0.9}}},
      {"reduce_fn", "identity"},
      {"mask_fn", "magnitude"},
      {"sparse_config", {{"sparsity_level", 0.5}}}};
  place.json["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
}

std::string page_of_states(const Workplace& place, const std::vector<std::string>& states) {
  ReportRequest request{{place / "report.json"}, {}, place / "made.html"};
  for (const auto& state : states) request.states.push_back(place / state);
  perform(request);
  return place.read("made.html");
}

}  // namespace

TEST_CASE("output.html is one more output of a run, with maps and histograms", "[pipeline]") {
  Workplace place;
  ask_for_histograms(place);
  place.json["output"]["html"] = "page.html";
  const Report report = run(place.config(), {});
  const std::string page = place.read("page.html");
  CHECK(contains(page, "16 channels"));
  CHECK(contains(page, "conv2: cut between channels at"));
  CHECK(report.outputs.back() == std::pair<std::string, std::string>("html", "page.html"));
  CHECK(place.json["output"].contains("report"));
  CHECK_FALSE(contains(place.read("report.json"), "figures"));
}

TEST_CASE("a page alone can be asked for", "[pipeline]") {
  Workplace place;
  place.json["output"] = {{"html", "page.html"}};
  run(place.config(), {});
  CHECK(contains(place.read("page.html"), "</html>"));
}

TEST_CASE("states give a report's page what they hold", "[pipeline]") {
  Workplace place;
  ask_for_histograms(place);
  run(place.config(), {});
  calibrate(place.config(), place / "seen.pt", {});
  CHECK(contains(page_of_states(place, {}), "--state"));
  const std::string maps = page_of_states(place, {"state.pt"});
  CHECK(contains(maps, "16 channels"));
  CHECK_FALSE(contains(maps, "conv2: "));
  CHECK(contains(page_of_states(place, {"seen.pt"}), "class=\"histogram\""));
  CHECK(contains(page_of_states(place, {"seen.pt", "state.pt"}), "conv2: cut between channels at"));
}

TEST_CASE("a state of another job is refused", "[pipeline]") {
  Workplace place;
  ask_for_histograms(place);
  run(place.config(), {});
  Workplace other;
  run(other.config(), {});
  const Error error = error_of([&] {
    perform(ReportRequest{{place / "report.json"}, {other / "state.pt"}, place / "made.html"});
  });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "is the state of another job"));
  CHECK_FALSE(std::filesystem::exists(place / "made.html"));
}
