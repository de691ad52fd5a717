#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

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
  CHECK(contains(some.warnings.at(0), "not judged yet: 2 of 6 batches"));
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
}

TEST_CASE("a dry run tries the evaluation on its first batch", "[pipeline]") {
  Judged place;
  place.json["evaluate"]["gates"] = {{"accuracy", {{"max_drop", 0}}}};
  const Report report = dry_run(place.config(), {});
  CHECK(report.evaluation->samples == 64);
  CHECK(report.evaluation->passed());
  place.json["evaluate"]["output"] = "logits";
  CHECK(error_of([&] { dry_run(place.config(), {}); }).kind() == ErrorKind::Config);
}
