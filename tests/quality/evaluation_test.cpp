#include "quality/evaluation.h"

#include <ATen/ATen.h>

#include "quality/made_up.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using c10::IValue;

namespace {

EvaluateConfig labelled(std::optional<int64_t> ignore = std::nullopt) {
  EvaluateConfig config;
  config.labels = LabelsConfig{{}, ignore};
  return config;
}

BaselineBatch prepared(EvaluateConfig config, const IValue& output, const at::Tensor& labels = {}) {
  return Evaluation(std::move(config), {}).prepare(output, labels);
}

Error refused(const EvaluateConfig& config, const IValue& output, const at::Tensor& labels = {}) {
  return error_of([&] { prepared(config, output, labels); });
}

}  // namespace

TEST_CASE("The first floating tensor is judged, or the one that is named", "[quality]") {
  const auto output = tuple_of({at::ones({4}, at::kLong), made_up({4, 7}, 1), made_up({4, 9}, 2)});
  CHECK(prepared({}, output).judged->path == "1");
  EvaluateConfig config;
  config.output = "2";
  CHECK(prepared(config, output).judged->path == "2");
  config.output = int64_t{0};
  const auto error = refused(config, output);
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "evaluate.output: output '0' [4] is Long"));
}

TEST_CASE("A baseline's answers are found once for all candidates", "[quality]") {
  const auto batch = prepared(labelled(), made_up({4, 7}, 1), made_up_labels({4}, 7, 1, false));
  REQUIRE(batch.answers);
  CHECK(batch.answers->answers.size() == 4);
  CHECK(batch.samples == 4);
  CHECK(batch.class_dim == 1);
}

TEST_CASE("An output without classes has no answers", "[quality]") {
  CHECK(!prepared({}, made_up({4}, 1)).answers);
  CHECK(!prepared({}, at::ones({4}, at::kLong)).judged);
  EvaluateConfig config;
  config.metrics = {asked_for("cosine")};
  CHECK(!prepared(config, made_up({4, 7}, 1)).answers);
}

TEST_CASE("A batch without the first one's classes is told by its shape", "[quality]") {
  EvaluateConfig config;
  config.class_dim = 0;
  Evaluation evaluation(config, {});
  evaluation.prepare(made_up({4, 3}, 1), {});
  for (const auto& shape : {std::vector<int64_t>{1, 3}, {}}) {
    const Error error = error_of([&] { evaluation.prepare(at::zeros(shape), {}); });
    CHECK(error.kind() == ErrorKind::Data);
    CHECK(contains(error.what(), "no two or more classes along dimension 0"));
  }
}

TEST_CASE("Labels of outputs that are no floating tensor are told with what there is",
          "[quality]") {
  const auto error = refused(labelled(), at::ones({4}, at::kLong), at::zeros({4}, at::kLong));
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "there are labels of shape [4], but the model returns Tensor"));
}

TEST_CASE("The first batch decides where the classes are", "[quality]") {
  Evaluation evaluation(labelled(), {});
  const auto first = evaluation.prepare(made_up({2, 6, 5}, 1), made_up_labels({2, 5}, 6, 1, false));
  const auto square =
      evaluation.prepare(made_up({2, 6, 6}, 1), made_up_labels({2, 6}, 6, 1, false));
  CHECK(first.class_dim == 1);
  CHECK(square.class_dim == 1);
}

TEST_CASE("What does not apply is told once the outputs are seen", "[quality]") {
  EvaluateConfig config;
  config.metrics = {asked_for("agreement_5")};
  const auto few = refused(config, made_up({4, 5}, 1));
  CHECK(few.kind() == ErrorKind::Data);
  CHECK(contains(few.what(), "the output [4, 5] has 5 classes"));
  EvaluateConfig gated;
  gated.gates = {{"agreement", 0.9, {}, {}, "evaluate.gates.agreement"}};
  CHECK(refused(gated, made_up({4}, 1)).kind() == ErrorKind::Config);
}

TEST_CASE("Labels that nothing can read are refused", "[quality]") {
  const auto error = refused(labelled(), made_up({4}, 1), made_up_labels({4}, 2, 1, false));
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "labels of shape [4], but the output [4]"));
  CHECK(refused(labelled(), made_up({4, 7}, 1), made_up_labels({3}, 7, 1, false)).kind() ==
        ErrorKind::Data);
}

TEST_CASE("Labels for the user's metrics alone must be as many as the samples", "[quality]") {
  auto config = labelled();
  config.metrics = {asked_for("own")};
  const UserMetric own{"own", [](const auto& x, const auto& y) { return (x - y).abs(); }, true};
  Evaluation evaluation(config, {own});
  const auto batch = evaluation.prepare(made_up({4}, 1), made_up_labels({4}, 2, 1, false));
  REQUIRE(batch.figures.size() == 1);
  CHECK(batch.figures[0]->per_sample);
  const auto error =
      error_of([&] { evaluation.prepare(made_up({4}, 1), made_up_labels({3}, 2, 1, false)); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "3 labels for 4 samples"));
}

TEST_CASE("The user's metrics need a floating tensor, and labels only where they take them",
          "[quality]") {
  const UserMetric both{"both", [](const auto& x, const auto&) { return x.sum(); }, false};
  const UserMetric own{"own", [](const auto& x, const auto&) { return x.sum(); }, true};
  Evaluation evaluation({}, {both, own});
  CHECK(evaluation.user_metrics().size() == 1);
  const auto error = error_of([&] { evaluation.prepare(at::ones({4}, at::kLong), at::Tensor()); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "'both' does not apply: the model returns Tensor [4] of Long"));
}
