#include "quality/chosen_metrics.h"

#include <ATen/ATen.h>

#include "quality/made_up.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

const std::vector<UserMetric> known_functions = {
    {"distance", [](const auto& a, const auto&) { return a; }, false},
    {"score", [](const auto& a, const auto&) { return a; }, true}};

EvaluateConfig asking_for(const std::string& name) {
  EvaluateConfig config;
  config.metrics = {asked_for(name)};
  return config;
}

EvaluateConfig gate_on(const std::string& name, std::optional<double> max_drop = std::nullopt) {
  EvaluateConfig config;
  config.gates = {{name, 0.5, std::nullopt, max_drop, "evaluate.gates." + name}};
  return config;
}

EvaluateConfig labelled(EvaluateConfig config) {
  config.labels = LabelsConfig{};
  return config;
}

std::string refused(const EvaluateConfig& config) {
  const auto error = error_of([&] { check_metrics(config, known_functions); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

OutputFacts classes(int64_t count) { return {true, true, count, "the output [8, 10]"}; }

}  // namespace

TEST_CASE("Without a list all metrics are chosen", "[quality]") {
  CHECK(is_chosen({}, "kl"));
  CHECK(chooses_classes({}));
  CHECK(is_chosen(asking_for("kl"), "kl"));
  CHECK(!is_chosen(asking_for("kl"), "agreement"));
  CHECK(!chooses_classes(asking_for("cosine")));
}

TEST_CASE("Every built-in metric and those of the user are known", "[quality]") {
  for (const auto& known : built_in_metrics)
    CHECK_NOTHROW(check_metrics(labelled(asking_for(known.name)), known_functions));
  CHECK_NOTHROW(check_metrics(asking_for("distance"), known_functions));
}

TEST_CASE("An unknown metric is refused with the nearest", "[quality]") {
  const auto text = refused(asking_for("acuracy"));
  CHECK(contains(text, "evaluate.metrics.0"));
  CHECK(contains(text, "did you mean 'accuracy'"));
  CHECK(contains(refused(gate_on("agreemnt")), "evaluate.gates.agreemnt"));
}

TEST_CASE("A built-in metric takes no parameters", "[quality]") {
  auto config = asking_for("kl");
  config.metrics->front().parameters["base"] = 2;
  CHECK(contains(refused(config), "'kl' takes no parameters, found 'base'"));
}

TEST_CASE("What needs labels is refused without them", "[quality]") {
  for (const char* name : {"accuracy", "accuracy_5", "nll", "perplexity", "score"}) {
    CHECK(contains(refused(asking_for(name)), "evaluate.labels"));
    CHECK(contains(refused(gate_on(name)), "evaluate.labels"));
    CHECK_NOTHROW(check_metrics(labelled(gate_on(name)), known_functions));
  }
}

TEST_CASE("A gate on a metric that is not computed is refused", "[quality]") {
  auto config = gate_on("cosine");
  config.metrics = {asked_for("kl")};
  CHECK(contains(refused(config), "evaluate.gates.cosine: 'cosine' is not computed"));
}

TEST_CASE("Only metrics against labels can drop", "[quality]") {
  CHECK(contains(refused(gate_on("agreement", 0.1)), "evaluate.gates.agreement.max_drop"));
  CHECK(contains(refused(gate_on("distance", 0.1)), "has no drop"));
  CHECK_NOTHROW(check_metrics(labelled(gate_on("perplexity", 0.1)), known_functions));
  CHECK_NOTHROW(check_metrics(labelled(gate_on("score", 0.1)), known_functions));
}

TEST_CASE("A metric by name that the outputs do not allow is an error of the data", "[quality]") {
  CHECK_NOTHROW(check_metrics(asking_for("agreement_5"), classes(6)));
  const auto few = error_of([] { check_metrics(asking_for("agreement_5"), classes(5)); });
  CHECK(few.kind() == ErrorKind::Data);
  CHECK(contains(few.what(), "the output [8, 10] has 5 classes"));
  const auto none = error_of([] { check_metrics(asking_for("kl"), classes(0)); });
  CHECK(none.kind() == ErrorKind::Data);
  CHECK(contains(none.what(), "evaluate.class_dim"));
  CHECK_NOTHROW(check_metrics(asking_for("cosine"), classes(0)));
  const OutputFacts integers{false, false, 0,
                             "the model returns Tensor [3] of Long, no floating tensor"};
  const auto what = error_of([&] { check_metrics(asking_for("cosine"), integers); });
  CHECK(contains(what.what(), "Tensor [3] of Long"));
}

TEST_CASE("A gate that the outputs do not allow is an error of the config", "[quality]") {
  const auto error = error_of([] { check_metrics(gate_on("kl"), classes(0)); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "evaluate.gates.kl"));
  CHECK_NOTHROW(check_metrics(EvaluateConfig{}, classes(0)));
}
