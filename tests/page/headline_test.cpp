#include "page/headline.h"

#include "page/sample.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

std::string figure(const ReportJson& report, const std::string& name) {
  for (const auto& figure : headline_figures(report))
    if (figure.name == name) return figure.text;
  return "";
}

}  // namespace

TEST_CASE("the headline of a run: masks and answers", "[page]") {
  const ReportJson run = sample_run();
  CHECK(figure(run, "masked") == "39.8 %");
  CHECK(figure(run, "accuracy") == "92.00 %");
  CHECK(figure(run, "accuracy without masks") == "99.00 %");
  CHECK(figure(run, "kl").empty());  // infinite
}

TEST_CASE("what is left is told of a small model, and of what a search has taken", "[page]") {
  CHECK(figure(sample_compact(), "MACs that are left") == "50.0 %");
  CHECK(figure(sample_compact(), "time of a call that is left") == "25.0 %");
  CHECK(figure(sample_search(), "MACs that are left") == "35.0 %");
}

TEST_CASE("a report that says nothing has no headline", "[page]") {
  CHECK(headline_figures({{"command", "run"}}).empty());
  CHECK_FALSE(share_left({{"before", 0}, {"after", 1}}));
  CHECK_FALSE(sparsity_of_masks({{"layers", {{{"name", "a"}}}}}));
}
