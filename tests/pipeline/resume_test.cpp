// Checkpoints, and what goes on from them.
#include <fstream>

#include "pipeline/helpers.h"
#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;
using nlohmann::json;
using Names = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

struct CheckpointedPlace : Workplace {
  explicit CheckpointedPlace(const nlohmann::json& aggregate_fn) {
    json["data"]["batch_size"] = 8;
    json["defaults"]["aggregate_fn"] = aggregate_fn;
    json["run"]["checkpoint"]["batches"] = 2;
  }
};

const json per_channel = {{"name", "mean"}, {"except_dim", {1}}};

// Interrupted after `batches` batches, counted over all processes of the job.
RunOptions interrupted_after(int64_t batches, std::atomic<bool>& interrupted, bool resume = false) {
  RunOptions options;
  options.resume = resume;
  options.interrupted = &interrupted;
  options.progress = [&interrupted, batches](const Progress& progress) {
    interrupted = progress.batch >= batches;
  };
  return options;
}

RunOptions resuming() {
  RunOptions options;
  options.resume = true;
  return options;
}

void stop_after(const Workplace& place, int64_t batches, bool resume = false) {
  std::atomic<bool> interrupted{false};
  const auto options = interrupted_after(batches, interrupted, resume);
  const Error error = error_of([&] { run(place.config(), options); });
  CHECK(error.kind() == ErrorKind::Interrupted);
  CHECK(contains(error.what(), "after batch " + std::to_string(batches) + " of 8"));
  CHECK(contains(error.what(), "--resume goes on from state.pt.checkpoint"));
}

std::map<std::string, std::string> results(const Workplace& place) {
  return {{"state", place.read("state.pt")}, {"model", place.read("masked.pt")}};
}

}  // namespace

TEST_CASE("A run that is stopped again and again ends with the same bytes", "[pipeline]") {
  for (const json& aggregate_fn : {json("sum"), json("abs_mean"), json("max"), per_channel,
                                   json{{"name", "histogram"}, {"except_dim", {1}}}}) {
    INFO(aggregate_fn);
    const CheckpointedPlace place(aggregate_fn);
    run(place.config(), {});
    const auto expected = results(place);
    stop_after(place, 1);
    stop_after(place, 4, true);
    stop_after(place, 5, true);
    run(place.config(), resuming());
    CHECK(results(place) == expected);
    CHECK(place.names() == Names{"masked.pt", "model.pt", "report.json", "state.pt"});
  }
}

TEST_CASE("A checkpoint is written every so many batches and replaces the one before",
          "[pipeline]") {
  const CheckpointedPlace place(per_channel);
  std::vector<int64_t> seen;
  RunOptions options;
  options.progress = [&](const Progress&) {
    if (fs::exists(place / "state.pt.checkpoint"))
      seen.push_back(read_state(place / "state.pt.checkpoint").meta.batches);
  };
  run(place.config(), options);
  CHECK(seen == std::vector<int64_t>{2, 2, 4, 4, 6, 6});
  CHECK(place.names() == Names{"masked.pt", "model.pt", "report.json", "state.pt"});
}

TEST_CASE("Without a checkpoint --resume starts at the start", "[pipeline]") {
  const CheckpointedPlace place(per_channel);
  const Report report = run(place.config(), resuming());
  CHECK(report.origin.batches == 8);
}

TEST_CASE("The fast clone goes on as it began", "[pipeline]") {
  CheckpointedPlace place(per_channel);
  place.json["data"]["limit"] = 60;  // the last batch has another size
  place.json["run"]["precision"] = "fast";
  const Report whole = run(place.config(), {});
  REQUIRE(whole.precision->ran == "fast");
  const auto expected = results(place);
  for (const int64_t batches : {1, 7}) {
    stop_after(place, batches);
    const Report report = run(place.config(), resuming());
    CHECK(results(place) == expected);
    CHECK(report.precision->ran == "fast");
    CHECK(report.precision->max_difference == whole.precision->max_difference);
  }
  place.json["run"]["tolerance"] = 1e-30;
  stop_after(place, 3);
  const Report report = run(place.config(), resuming());
  CHECK(report.precision->ran == "exact");
  REQUIRE(report.warnings.size() == 1);
  CHECK(contains(report.warnings[0], "fell back"));
}

TEST_CASE("A broken checkpoint gives way to the one before it", "[pipeline]") {
  const CheckpointedPlace place(per_channel);
  run(place.config(), {});
  const auto expected = results(place);
  stop_after(place, 5);
  CHECK(read_state(place / "state.pt.checkpoint").meta.batches == 5);
  CHECK(read_state(place / "state.pt.checkpoint.previous").meta.batches == 4);
  write_file(place / "state.pt.checkpoint", place.read("state.pt.checkpoint").substr(0, 1000));
  int64_t first = 0;
  RunOptions options = resuming();
  options.progress = [&](const Progress& progress) {
    if (first == 0) first = progress.batch;
  };
  run(place.config(), options);
  CHECK(first == 5);
  CHECK(results(place) == expected);

  stop_after(place, 5);
  for (const char* name : {"state.pt.checkpoint", "state.pt.checkpoint.previous"})
    write_file(place / name, "nothing");
  const Error error = error_of([&] { run(place.config(), resuming()); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "there is no other checkpoint: remove it to start anew"));
}

TEST_CASE("A checkpoint of another job is refused, and says what differs", "[pipeline]") {
  static const std::string f = "def f(x: Tensor) -> Tensor:\n  return x\n";
  const auto check = [](const std::string& what, const std::function<void(Workplace&)>& change) {
    INFO(what);
    CheckpointedPlace place(per_channel);
    fs::copy_file(source_dir() / "sample_models" / "digits_calibration.npy", place / "x.npy");
    place.json["data"]["inputs"][0]["path"] = "x.npy";
    write_file(place / "f.py", f);
    place.json["functions"] = {"f.py"};
    stop_after(place, 3);
    change(place);
    const Error error = error_of([&] { run(place.config(), resuming()); });
    CHECK(error.kind() == ErrorKind::State);
    CHECK(contains(error.what(), "state.pt.checkpoint: " + what));
  };
  check("the config", [](Workplace& place) { place.json["run"]["seed"] = 2; });
  check("the data", [](Workplace& place) {
    auto bytes = place.read("x.npy");
    bytes.back() = static_cast<char>(bytes.back() + 1);
    write_file(place / "x.npy", bytes);
  });
  check("a functions file", [](Workplace& place) { write_file(place / "f.py", "# other\n" + f); });
  check("the model", [](Workplace& place) {
    fs::copy_file(source_dir() / "sample_models" / "digits_cnn_traced.pt", place / "model.pt",
                  fs::copy_options::overwrite_existing);
  });
}

TEST_CASE("What may change between two processes of a job", "[pipeline]") {
  CheckpointedPlace place(per_channel);
  run(place.config(), {});
  const auto expected = results(place);
  stop_after(place, 3);
  place.json["run"]["checkpoint"]["batches"] = 1;
  place.json["run"]["checkpoint"]["seconds"] = 100;
  place.json["output"]["report"] = "other.json";
  run(place.config(), resuming());
  CHECK(results(place) == expected);
}

TEST_CASE("A model that counts its calls goes on counting", "[pipeline]") {
  const auto counter = counting();
  Workplace place(make_module("Model",
                              "def forward(self, x: Tensor) -> Tensor:\n"
                              "  return self.fc.forward(self.counting.forward(x))\n",
                              {{"counting", counter}, {"fc", scale(2)}}),
                  {"fc"});
  place.json["data"]["batch_size"] = 1;
  for (const char* precision : {"exact", "fast"}) {
    INFO(precision);
    place.json["run"]["precision"] = precision;
    run(place.config(), {});
    const auto expected = results(place);
    stop_after(place, 2);
    stop_after(place, 6, true);
    run(place.config(), resuming());
    CHECK(results(place) == expected);
  }
}

TEST_CASE("A shard goes on with its own batches", "[pipeline]") {
  const CheckpointedPlace place(per_channel);
  RunOptions options;
  options.shard = {2, 3};
  calibrate(place.config(), place / "c.pt", options);
  const std::string expected = place.read("c.pt");
  std::atomic<bool> interrupted{false};
  RunOptions stopping = interrupted_after(2, interrupted);
  stopping.shard = {2, 3};
  CHECK(error_of([&] { calibrate(place.config(), place / "c.pt", stopping); }).kind() ==
        ErrorKind::Interrupted);
  CHECK(fs::exists(place / "c.pt.checkpoint"));
  RunOptions other = resuming();
  other.shard = {1, 3};
  CHECK(contains(error_of([&] { calibrate(place.config(), place / "c.pt", other); }).what(),
                 "the shard differs"));
  options.resume = true;
  calibrate(place.config(), place / "c.pt", options);
  CHECK(place.read("c.pt") == expected);
}

TEST_CASE("Data that changes while it is read is an error", "[pipeline]") {
  CheckpointedPlace place(per_channel);
  fs::copy_file(source_dir() / "sample_models" / "digits_calibration.npy", place / "x.npy");
  place.json["data"]["inputs"][0]["path"] = "x.npy";
  for (const bool vanishes : {false, true}) {
    RunOptions options;
    options.progress = [&](const Progress& progress) {
      if (progress.batch != 3) return;
      if (vanishes)
        fs::remove(place / "x.npy");
      else
        fs::last_write_time(place / "x.npy", fs::file_time_type::clock::now());
    };
    const Error error = error_of([&] { run(place.config(), options); });
    CHECK(error.kind() == ErrorKind::Data);
    CHECK_FALSE(fs::exists(place / "masked.pt"));
  }
}

TEST_CASE("A checkpoint may not replace what the config reads", "[pipeline]") {
  CheckpointedPlace place(per_channel);
  place.json["run"]["checkpoint"]["path"] = "model.pt";
  CHECK(error_of([&] { place.config(); }).kind() == ErrorKind::Config);
  place.json["run"]["checkpoint"]["path"] = "masked.pt";
  CHECK(error_of([&] { place.config(); }).kind() == ErrorKind::Config);
}
