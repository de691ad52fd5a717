// When only the small model cannot be made.
#include "pipeline/helpers.h"
#include "pipeline/requests.h"
#include "report/answer.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using Names = std::vector<std::string>;

namespace {

// No small model is within its tolerance.
struct Unmade : Workplace {
  Unmade() { json["output"]["compact"] = "small.pt"; }

  Config config() const {
    Config config = Workplace::config();
    config.output.compact_options.tolerance = -1;
    return config;
  }
};

}  // namespace

TEST_CASE("run keeps what it has made if only compacting fails", "[pipeline]") {
  const Unmade place;
  const Report report = run(place.config(), {});
  CHECK(place.names() == Names{"masked.pt", "model.pt", "report.json", "state.pt"});
  REQUIRE(report.failure);
  CHECK(report.failure->kind() == ErrorKind::Check);
  CHECK(contains(report.failure->what(), "the small model was not made"));
  CHECK(contains(report.failure->what(), "masked.pt, state.pt, report.json"));
  CHECK(contains(report.warnings.back(), "the small model was not made"));
  CHECK_FALSE(report.compact);
  const auto document = nlohmann::ordered_json::parse(place.read("report.json"));
  CHECK_FALSE(document["outputs"].contains("compact"));
  CHECK(document["outputs"].size() == 3);
  const auto state = place.read("state.pt");
  Config whole = place.Workplace::config();
  run(whole, {});
  CHECK(place.read("state.pt") == state);
}

TEST_CASE("a command whose small model failed fails with that error", "[pipeline]") {
  const Unmade place;
  const Answer answer = perform(RunRequest{place.config()}, {});
  REQUIRE(answer.failure());
  CHECK(answer.failure()->exit_code() == 8);
}

TEST_CASE("a run that was to make nothing but the small model throws", "[pipeline]") {
  Unmade place;
  place.json["output"] = {{"compact", "small.pt"}};
  const Error error = error_of([&] { run(place.config(), {}); });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(place.names() == Names{"model.pt"});
}

TEST_CASE("apply keeps the masked model if only compacting fails", "[pipeline]") {
  const Unmade place;
  run(place.config(), {});
  const Answer answer =
      perform(ApplyRequest{place / "model.pt", place / "state.pt", place / "applied.pt",
                           place / "small.pt", MaskForm::Buffers, place.config()},
              {});
  REQUIRE(answer.failure());
  CHECK(answer.failure()->exit_code() == 8);
  CHECK(contains(answer.failure()->what(), "written all the same: applied.pt"));
  CHECK(place.read("applied.pt") == place.read("masked.pt"));
  CHECK_FALSE(std::filesystem::exists(place / "small.pt"));
}
