#include "report/progress.h"

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("A bar shows what is done, how fast, and how long it takes yet", "[report]") {
  CHECK(progress_bar({5, 10, 160, 2}, 100) ==
        "[###############               ]  5/10 batches  80.0 samples/s  ETA 0:02");
  CHECK(progress_bar({3, 4, 0, 3600, "layers", "conv1"}, 100) ==
        "[######################        ]  3/4 layers  0.0 layers/s  ETA 20:00  conv1");
  CHECK(progress_bar({1, 3, 0, 3600, "steps"}, 100) ==
        "[##########                    ]  1/3 steps  0.0 steps/s  ETA 2:00:00");
}

TEST_CASE("A bar keeps within the terminal", "[report]") {
  const Progress progress{5, 10, 160, 2};
  for (size_t width = 1; width < 120; ++width) CHECK(progress_bar(progress, width).size() <= width);
  CHECK(progress_bar(progress, 55) == "[######       ]  5/10 batches  80.0 samples/s  ETA 0:02");
  CHECK(progress_bar(progress, 45) == "5/10 batches  80.0 samples/s  ETA 0:02");
  CHECK(progress_bar(progress, 12) == "5/10 batches");
}

TEST_CASE("What an earlier process has done does not make this one faster", "[report]") {
  Progress progress{60, 100, 6000, 10};
  progress.batches_before = 50;
  progress.samples_before = 5000;
  CHECK(progress_text(progress) == "60 of 100 batches, 100.0 samples/s, 0:40 left");
  const auto fields = progress_fields(progress);
  CHECK(fields.at("rate") == 100.0);
  CHECK(fields.at("seconds_left") == 40.0);
  CHECK(fields.at("done") == 60);
}

TEST_CASE("Progress of nothing is no division by zero", "[report]") {
  CHECK(progress_text({}) == "0 of 0 batches, 0.0 batches/s, 0:00 left");
  CHECK_FALSE(progress_fields({}).contains("samples"));
  CHECK_FALSE(progress_fields({}).contains("at"));
}
