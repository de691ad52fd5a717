#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <sstream>

#include "data/write_archive.h"
#include "distributed/helpers.h"
#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "pipeline/judge_models.h"
#include "report/answer.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"
#include "support/npy_writer.h"

using namespace actsparse;

namespace {

std::string held_out(const char* what) {
  return (source_dir() / "sample_models" / (std::string("digits_heldout") + what)).string();
}

/// The digits, judged on held-out images with labels.
class Judged : public Workplace {
 public:
  Judged() {
    json["evaluate"] = {{"data", {{"inputs", {{{"path", held_out(".npy")}}}}, {"batch_size", 64}}},
                        {"labels", {{"path", held_out("_labels.npy")}}}};
  }
  EvaluationReport evaluate(const std::vector<std::string>& candidates = {"masked.pt"},
                            const RunOptions& options = {}) const {
    EvaluateRequest request{config(), {}};
    for (const auto& name : candidates) request.candidates.push_back(*this / name);
    return actsparse::evaluate(request, options);
  }
};

const Metric& metric(const EvaluationReport& report, const std::string& name,
                     size_t candidate = 0) {
  for (const auto& found : report.candidates.at(candidate).judgement.metrics)
    if (found.name == name) return found;
  FAIL("no metric " << name);
  return report.candidates[0].judgement.metrics[0];
}

std::string without_times(const EvaluationReport& report) { return to_json(report).dump(); }

}  // namespace

TEST_CASE("a model against itself: equal in every metric, and its accuracy", "[pipeline]") {
  const Judged place;
  const auto report = place.evaluate({"model.pt"});
  CHECK(report.samples == 360);
  CHECK(metric(report, "agreement").value == 1);
  CHECK(metric(report, "relative_error").value == 0);
  CHECK(metric(report, "accuracy").value == Approx(0.994).margin(0.001));
  CHECK(metric(report, "accuracy").drop == 0);
  CHECK(report.passed());
}

TEST_CASE("what a run says of its models is what evaluate says of their files", "[pipeline]") {
  Judged place;
  place.json["output"]["compact"] = "small.pt";
  const Report ran = run(place.config(), {});
  REQUIRE(ran.evaluation);
  const auto report = place.evaluate({"masked.pt", "small.pt"});
  CHECK(without_times(report) == without_times(*ran.evaluation));
  CHECK(metric(report, "accuracy").value < *metric(report, "accuracy").baseline);
  CHECK(metric(report, "accuracy", 1).value == metric(report, "accuracy").value);
}

TEST_CASE("figures do not depend on the batch size, and batches of one will do", "[pipeline]") {
  Judged place;
  run(place.config(), {});
  place.json["evaluate"]["data"]["batch_size"] = 360;
  const auto whole = place.evaluate();
  for (const int size : {1, 7}) {
    place.json["evaluate"]["data"]["batch_size"] = size;
    const auto parts = place.evaluate();
    CHECK(metric(parts, "accuracy").value == metric(whole, "accuracy").value);
    CHECK(metric(parts, "nll").value == Approx(metric(whole, "nll").value).epsilon(1e-5));
  }
}

TEST_CASE("shards that are merged are one evaluation, bit for bit", "[pipeline]") {
  Judged place;
  run(place.config(), {});
  EvaluateRequest request{place.config(), {place / "masked.pt"}};
  const auto whole = evaluate(request, {});
  std::vector<std::filesystem::path> parts;
  for (const int64_t shard : {3, 1, 2}) {
    RunOptions options;
    options.shard = {shard, 3};
    request.state_out = place / ("part" + std::to_string(shard));
    evaluate(request, options);
    parts.push_back(request.state_out);
  }
  CHECK(without_times(merge_evaluations(parts, place / "whole")) == without_times(whole));
  const auto some = merge_evaluations({parts[0], parts[2]}, place / "some");
  CHECK(some.warnings == std::vector<std::string>{"not judged: batches 1, 4 of 6"});
  const Error twice = error_of([&] { merge_evaluations({parts[0], parts[0]}, place / "x"); });
  CHECK(twice.kind() == ErrorKind::State);
  CHECK(contains(twice.what(), "both have seen batches 3, 6"));
  place.json["run"]["seed"] = 1;
  request.config = place.config();
  RunOptions second;
  second.shard = {2, 3};
  request.state_out = place / "other";
  evaluate(request, second);
  CHECK(contains(error_of([&] {
                   merge_evaluations({parts[0], place / "other"}, place / "x");
                 }).what(),
                 "the config differs"));
  CHECK(error_of([&] { merge_evaluations({place / "state.pt"}, place / "x"); }).kind() ==
        ErrorKind::State);
}

TEST_CASE("gates are held against the whole, not against a shard", "[pipeline]") {
  Judged place;
  run(place.config(), {});
  place.json["evaluate"]["gates"] = {{"agreement", {{"min", 1}}}};
  EvaluateRequest request{place.config(), {place / "masked.pt"}};
  std::vector<std::filesystem::path> parts;
  for (const int64_t shard : {1, 2}) {
    RunOptions options;
    options.shard = {shard, 2};
    request.state_out = place / ("part" + std::to_string(shard));
    const Answer answer = perform(request, options);
    CHECK_FALSE(answer.failure());
    parts.push_back(request.state_out);
  }
  const auto part = merge_evaluations({parts[0]}, place / "again");
  CHECK(part.passed());
  CHECK(contains(part.warnings.at(0), "not judged: batches 2, 4, 6 of 6; gates are held against"));
  CHECK_FALSE(merge_evaluations(parts, place / "whole").passed());
}

TEST_CASE("a damaged state of an evaluation is a broken state, by its name", "[pipeline]") {
  const Judged place;
  EvaluationState state;
  state.candidates = {{"masked.pt", "", {}}};
  const auto refused = [&](const EvaluationState& damaged) {
    std::ofstream out(place / "part", std::ios::binary);
    write_archive(to_ivalue(damaged), out, "the state");
    out.close();
    const Error error = error_of([&] { merge_evaluations({place / "part"}, place / "whole"); });
    CHECK(error.kind() == ErrorKind::State);
    CHECK(contains(error.what(), "part"));
    return std::string(error.what());
  };
  state.config = "{";
  CHECK(contains(refused(state), "its config"));
  state.config = place.config().effective.dump();
  state.function_sources = {{"f.py", "def f("}};
  CHECK(contains(refused(state), "f.py"));
  state.function_sources = {};
  state.coverage = {{0, 1, int64_t{1} << 40}};
  CHECK(contains(refused(state), "coverage is not a list of batches"));
  state.coverage = {};
  state.total_batches = int64_t{1} << 40;
  CHECK(contains(refused(state), "total_batches"));
}

TEST_CASE("candidates of one file name are told apart", "[pipeline]") {
  const Judged place;
  std::filesystem::create_directory(place / "a");
  std::filesystem::copy_file(place / "model.pt", place / "a" / "model.pt");
  const auto report = place.evaluate({"model.pt", "a/model.pt"});
  CHECK(report.candidates[0].model == (place / "model.pt").string());
  CHECK(report.candidates[1].model == (place / "a" / "model.pt").string());
}

TEST_CASE("what was calibrated is kept if the models cannot be judged", "[pipeline]") {
  Judged place;
  run(place.config(), {});
  const auto expected = place.read("state.pt");
  std::filesystem::remove(place / "state.pt");
  const auto good = place.json;
  write_file(place / "wrong.npy", npy_bytes(at::full({360}, 10, at::kLong)));
  place.json["evaluate"]["labels"]["path"] = (place / "wrong.npy").string();
  const auto failure = [&] { return error_of([&] { run(place.config(), {}); }); };
  CHECK(failure().kind() == ErrorKind::Data);
  CHECK_FALSE(std::filesystem::exists(place / "state.pt.checkpoint"));
  place.json["run"] = {{"checkpoint", {{"batches", 100}}}};
  CHECK(contains(failure().what(), "with --resume a run goes on from state.pt.checkpoint"));
  place.json = good;
  RunOptions options;
  options.resume = true;
  int64_t batches = 0;
  options.progress = [&](const Progress& progress) { batches += progress.batches == 2 ? 1 : 0; };
  run(place.config(), options);
  CHECK(batches == 0);  // of the calibration, which has two
  CHECK(place.read("state.pt") == expected);
  CHECK_FALSE(std::filesystem::exists(place / "state.pt.checkpoint"));
}

TEST_CASE("what was calibrated is kept if the user stops the judging", "[pipeline]") {
  const Judged place;
  std::atomic<bool> interrupted{false};
  RunOptions options;
  options.interrupted = &interrupted;
  options.progress = [&](const Progress& progress) { interrupted = progress.batches > 2; };
  const Error error = error_of([&] { run(place.config(), options); });
  CHECK(error.kind() == ErrorKind::Interrupted);
  CHECK(contains(error.what(), "while models were judged"));
  CHECK(std::filesystem::exists(place / "state.pt.checkpoint"));
}

TEST_CASE("a rank that fails ends the others while they judge", "[pipeline]") {
  const Judged place;
  const auto model = load_model(place / "model.pt");
  const auto errors = run_ranks(2, [&](const Launch& launch) {
    RunOptions options;
    options.group = ProcessGroup(launch, 4, [](const Error& /*error*/) {});
    if (!options.group.is_first()) {
      options.group.fail("out of memory");
      return;
    }
    Examination examination({}, {}, {"itself"});
    EvaluationData data;
    data.batches =
        batches_in_memory(std::vector<std::vector<c10::IValue>>(100000, {at::zeros({1, 1, 8, 8})}));
    examination.run({"model.pt", model}, {{"itself", model}}, data, options);
  });
  CHECK(contains(errors[0], "rank 1 on "));
  CHECK(contains(errors[0], "out of memory; this rank stopped"));
}

TEST_CASE("a gate that fails keeps the models back; state and report are there", "[pipeline]") {
  Judged place;
  place.json["output"]["compact"] = "small.pt";
  place.json["evaluate"]["gates"] = {{"accuracy", {{"max_drop", 0.001}}}};
  const Report report = run(place.config(), {});
  CHECK_FALSE(report.evaluation->passed());
  CHECK(place.names() == std::vector<std::string>{"model.pt", "report.json", "state.pt"});
  CHECK(report.outputs.size() == 2);
  const Answer answer = perform(RunRequest{place.config()}, {});
  REQUIRE(answer.failure());
  CHECK(answer.failure()->kind() == ErrorKind::Check);
  CHECK(contains(answer.failure()->what(), "masked.pt: the drop of accuracy is 0."));
  CHECK(contains(answer.failure()->what(), "above its maximum of 0.001"));
  place.json["evaluate"]["gates"]["accuracy"]["max_drop"] = 0.9;
  CHECK_FALSE(perform(RunRequest{place.config()}, {}).failure());
  CHECK(std::filesystem::exists(place / "small.pt"));
}

TEST_CASE("what a failed gate leaves is said", "[pipeline]") {
  Judged place;
  place.json["evaluate"]["gates"] = {{"agreement", {{"min", 1}}}};
  const auto told = [&] {
    const Answer answer = perform(RunRequest{place.config()}, {});
    return std::string(answer.failure().value().what());
  };
  CHECK(contains(told(), "written: state.pt, report.json; the models were not"));
  place.json["output"] = {{"model", "masked.pt"}};
  CHECK(contains(told(), "; nothing was written"));
}

TEST_CASE("apply knows a config's functions file by another path", "[pipeline]") {
  Judged place;
  write_file(place / "f.py", "def half(x: Tensor) -> Tensor:\n  return (x > x.median()).float()\n");
  place.json["functions"] = {"f.py"};
  place.json["defaults"]["mask_fn"] = "half";
  place.json["defaults"].erase("sparse_config");
  run(place.config(), {});
  place.json["functions"] = {(place / "f.py").string()};
  const Report report = apply({place / "model.pt",
                               place / "state.pt",
                               place / "again.pt",
                               {},
                               MaskForm::Buffers,
                               place.config()},
                              {});
  CHECK(report.evaluation->samples == 360);
}

TEST_CASE("compact judges all models in the config's mode", "[pipeline]") {
  Workplace place(with_dropout(), {"fc"});
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0.3;
  run(place.config(), {});
  place.json["model"]["mode"] = "train";
  place.json["evaluate"] = nlohmann::json::object();
  const Config config = place.config();
  const auto result =
      compact({place / "masked.pt", place / "small.pt", {"forward", config.data, {}}, config}, {});
  EvaluateRequest request{config, {place / "masked.pt", place / "small.pt"}};
  CHECK(without_times(evaluate(request, {})) == without_times(result.evaluation));
}

TEST_CASE("apply and compact judge, too, and write nothing if a gate fails", "[pipeline]") {
  Judged place;
  run(place.config(), {});
  place.json["evaluate"]["gates"] = {{"agreement", {{"min", 1}}}};
  const Config config = place.config();
  ApplyRequest apply_request{
      place / "model.pt", place / "state.pt", place / "again.pt", {}, MaskForm::Buffers, config};
  CHECK(perform(apply_request, {}).failure());
  CHECK_FALSE(std::filesystem::exists(place / "again.pt"));
  CompactRequest compact_request{
      place / "masked.pt", place / "small.pt", {"forward", config.data, {}}, config};
  const auto result = compact(compact_request, {});
  CHECK(result.evaluation.candidates.size() == 2);
  CHECK_FALSE(result.evaluation.passed());
  CHECK_FALSE(std::filesystem::exists(place / "small.pt"));
}

TEST_CASE("without an evaluate section a run looks at one batch and warns", "[pipeline]") {
  Workplace place;
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0.95;
  const Report report = run(place.config(), {});
  REQUIRE(report.evaluation);
  CHECK(report.evaluation->is_glance);
  CHECK(report.evaluation->samples == 32);
  CHECK(contains(report.evaluation->warnings.at(0), "the masks cost much"));
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0;
  CHECK(run(place.config(), {}).evaluation->warnings.empty());
  const auto applied = apply({place / "model.pt", place / "state.pt", place / "again.pt"}, {});
  CHECK(applied.evaluation->data == "random values");
}

TEST_CASE("answers that are whole numbers are compared, too", "[pipeline]") {
  Workplace place(make_module("Classes",
                              "def forward(self, x: Tensor) -> Tensor:\n"
                              "  return self.fc.forward(x).argmax(1)\n",
                              {{"fc", scale(1)}}),
                  {"fc"});
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0.75;
  const Report report = run(place.config(), {});
  REQUIRE(report.evaluation->warnings.size() == 1);
  CHECK(contains(report.evaluation->warnings[0], "of the whole numbers that it returns differ"));
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0;
  CHECK(run(place.config(), {}).evaluation->warnings.empty());
}

TEST_CASE("classes that a model rules out are no cost of the masks", "[pipeline]") {
  Workplace place(make_module("Rules",
                              "def forward(self, x: Tensor) -> Tensor:\n"
                              "  y = self.fc.forward(x)\n"
                              "  return torch.cat([y, torch.full_like(y, float('-inf'))], 1)\n",
                              {{"fc", scale(1)}}),
                  {"fc"});
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0;
  const auto evaluation = *run(place.config(), {}).evaluation;
  CHECK(metric(evaluation, "agreement").value == 1);
  CHECK(std::isnan(metric(evaluation, "relative_error").value));
  CHECK(evaluation.warnings.empty());
  std::ostringstream text;
  print_text(evaluation, text);
  CHECK(contains(text.str(), "NaN or infinite are"));
}

TEST_CASE("judging on the calibration data is said", "[pipeline]") {
  Judged place;
  run(place.config(), {});
  place.json.erase("evaluate");
  const auto report = place.evaluate();
  CHECK(report.data == "calibration data");
  CHECK(contains(report.warnings.at(0), "calibration data"));
}

TEST_CASE("labels that do not fit are told with both numbers", "[pipeline]") {
  Judged place;
  const auto refused = [&](const at::Tensor& labels) {
    write_file(place / "labels.npy", npy_bytes(labels));
    place.json["evaluate"]["labels"]["path"] = (place / "labels.npy").string();
    return error_of([&] { place.evaluate({"model.pt"}); });
  };
  const Error count = refused(at::zeros({359}, at::kLong));
  CHECK(count.kind() == ErrorKind::Data);
  CHECK(contains(count.what(), "359"));
  CHECK(contains(count.what(), "360"));
  CHECK(refused(at::zeros({360, 2}, at::kLong)).kind() == ErrorKind::Data);
  CHECK(refused(at::zeros({360})).kind() == ErrorKind::Data);
  CHECK(contains(refused(at::full({360}, 10, at::kLong)).what(), "10"));
}

TEST_CASE("what cannot be judged is found before the first batch is run", "[pipeline]") {
  Judged place;
  int64_t batches = 0;
  RunOptions options;
  options.progress = [&](const Progress& /*progress*/) { ++batches; };
  const auto good = place.json;
  place.json["evaluate"]["metrics"] = {"acuracy"};
  CHECK(error_of([&] { run(place.config(), options); }).kind() == ErrorKind::Config);
  place.json = good;
  write_file(place / "short.npy", npy_bytes(at::zeros({7}, at::kLong)));
  place.json["evaluate"]["labels"]["path"] = (place / "short.npy").string();
  CHECK(error_of([&] { run(place.config(), options); }).kind() == ErrorKind::Data);
  CHECK(batches == 0);
}

TEST_CASE("a candidate with another output is refused with both structures", "[pipeline]") {
  Judged place;
  make_module("Pair",
              "def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n"
              "  return (x.sum([1, 2, 3]), x)\n")
      .save((place / "pair.pt").string());
  const Error error = error_of([&] { place.evaluate({"pair.pt"}); });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "pair.pt"));
  CHECK(contains(error.what(), "Tensor [64, 10]"));
}

TEST_CASE("a candidate of another dtype is given inputs of its own dtype", "[pipeline]") {
  const Judged place;
  auto model = load_model(place / "model.pt");
  model.to(at::kDouble);
  model.save((place / "double.pt").string());
  const auto report = place.evaluate({"double.pt"});
  CHECK(metric(report, "agreement").value == 1);
  CHECK(metric(report, "relative_error").value < 1e-5);
  CHECK(metric(report, "relative_error").value > 0);
}

TEST_CASE("models that sample are compared on the same samples", "[pipeline]") {
  Workplace place(with_dropout(), {"fc"});
  place.json["model"]["mode"] = "train";
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0;
  const Report report = run(place.config(), {});
  CHECK(metric(*report.evaluation, "relative_error").value == 0);
}

TEST_CASE("a model that writes into its input does not spoil the others' batch", "[pipeline]") {
  Workplace place(make_module("Writes",
                              "def forward(self, x: Tensor) -> Tensor:\n"
                              "  return self.fc.forward(x.mul_(2))\n",
                              {{"fc", scale(1)}}),
                  {"fc"});
  place.json["defaults"]["sparse_config"]["sparsity_level"] = 0;
  const Report report = run(place.config(), {});
  CHECK(metric(*report.evaluation, "relative_error").value == 0);
}

TEST_CASE("a user's metrics are asked by name", "[pipeline]") {
  Judged place;
  run(place.config(), {});
  write_file(place / "f.py",
             "def moved(baseline: Tensor, candidate: Tensor, power: float = 1.0) -> Tensor:\n"
             "  return (baseline - candidate).abs().pow(power).mean(1)\n"
             "def right(output: Tensor, labels: Tensor) -> Tensor:\n"
             "  return output.argmax(1).eq(labels).float()\n");
  place.json["functions"] = {"f.py"};
  place.json["evaluate"]["metrics"] = {{{"name", "moved"}, {"power", 2.0}}, "right", "accuracy"};
  place.json["evaluate"]["gates"] = {{"right", {{"max_drop", 0.5}}}};
  const auto report = place.evaluate();
  CHECK(metric(report, "moved").value > 0);
  CHECK(metric(report, "right").value == Approx(metric(report, "accuracy").value));
  CHECK(*metric(report, "right").drop == Approx(*metric(report, "accuracy").drop));
  place.json["evaluate"]["metrics"] = {"rigth"};
  place.json["evaluate"].erase("gates");
  const Error unknown = error_of([&] { place.evaluate(); });
  CHECK(unknown.kind() == ErrorKind::Config);
  CHECK(contains(unknown.what(), "right"));
  write_file(place / "f.py",
             "def kl(baseline: Tensor, candidate: Tensor) -> Tensor:\n"
             "  return baseline - candidate\n");
  place.json["evaluate"]["metrics"] = {"kl"};
  const Error shadowed = error_of([&] { place.evaluate(); });
  CHECK(shadowed.kind() == ErrorKind::Function);
  CHECK(contains(shadowed.what(), "'kl' is a built-in metric and a function of yours"));
}

TEST_CASE("a dry run tries the evaluation on its first batch", "[pipeline]") {
  Judged place;
  place.json["evaluate"]["gates"] = {{"accuracy", {{"max_drop", 0}}}};
  const Report report = dry_run(place.config(), {});
  CHECK(report.evaluation->samples == 64);
  CHECK(report.evaluation->passed());
  CHECK(report.evaluation->data_digest.empty());  // which would read all of it
  place.json["evaluate"]["output"] = "logits";
  CHECK(error_of([&] { dry_run(place.config(), {}); }).kind() == ErrorKind::Config);
}
