#include "config/sample.h"

namespace actsparse {
namespace {

EvaluateConfig evaluate(const std::string& text, const std::filesystem::path& base = ".") {
  return parse_sample({"evaluate=" + text}, base).evaluate.value();
}

std::string evaluate_rejected(const std::string& text) { return rejection({"evaluate=" + text}); }

constexpr const char* labels = R"("labels": {"path": "y.npy"})";

}  // namespace

TEST_CASE("a config need not say how it is evaluated", "[config]") {
  CHECK_FALSE(parse_sample().evaluate.has_value());
  const EvaluateConfig plain = evaluate("{}");
  CHECK_FALSE(plain.data.has_value());
  CHECK_FALSE(plain.labels.has_value());
  CHECK_FALSE(plain.output.has_value());
  CHECK_FALSE(plain.class_dim.has_value());
  CHECK_FALSE(plain.metrics.has_value());
  CHECK(plain.gates.empty());
}

TEST_CASE("evaluate has data and labels of its own", "[config]") {
  const TemporaryFolder folder;
  const auto given = evaluate(R"({"data": {"inputs": [{"path": "t.npy"}], "batch_size": 7},
      "labels": {"path": "d/../y.npz", "member": "test", "ignore": -1}})",
                              folder.path());
  CHECK(given.data->batch_size == 7);
  CHECK(std::get<FileInput>(given.data->inputs.at(0)).path == folder / "t.npy");
  CHECK(given.labels->file.path == folder / "y.npz");
  CHECK(given.labels->file.written_path == "d/../y.npz");
  CHECK(given.labels->file.member == "test");
  CHECK(given.labels->ignore == -1);
  CHECK_FALSE(evaluate(R"({"labels": {"path": "y.pt"}})").labels->ignore.has_value());
}

TEST_CASE("the judged output is a position or a path", "[config]") {
  CHECK(std::get<int64_t>(evaluate(R"({"output": 0})").output.value()) == 0);
  CHECK(std::get<std::string>(evaluate(R"({"output": "1.logits.0"})").output.value()) ==
        "1.logits.0");
  CHECK(evaluate(R"({"class_dim": -1})").class_dim == -1);
}

TEST_CASE("metrics are names or functions with parameters, each once", "[config]") {
  const auto metrics = evaluate(R"({"metrics": ["kl", {"name": "mine", "weight": 2}]})").metrics;
  REQUIRE(metrics.value().size() == 2);
  CHECK(metrics->at(0).name == "kl");
  CHECK(metrics->at(1).name == "mine");
  CHECK(metrics->at(1).parameters == nlohmann::json{{"weight", 2}});
  CHECK(metrics->at(1).path == "evaluate.metrics.1");
  CHECK(evaluate_rejected(R"({"metrics": ["kl", "kl"]})") ==
        "evaluate.metrics.1: found 'kl' a second time, allowed each metric once");
}

TEST_CASE("a gate bounds a metric, and knows where it stands", "[config]") {
  const auto gates = evaluate(std::string("{") + labels + R"(, "gates": {
      "accuracy": {"max_drop": 0.01}, "kl": {"max": 0.5}, "mine": {"min": -1, "max_drop": 0}}})")
                         .gates;
  REQUIRE(gates.size() == 3);
  CHECK(gates[0].metric == "accuracy");
  CHECK(gates[0].max_drop == 0.01);
  CHECK_FALSE(gates[0].min.has_value());
  CHECK(gates[0].path == "evaluate.gates.accuracy");
  CHECK(gates[1].max == 0.5);
  CHECK(gates[2].min == -1);
  CHECK(gates[2].max_drop == 0);
}

TEST_CASE("a gate whose bounds exclude everything is evaluate_rejected", "[config]") {
  CHECK(evaluate_rejected(R"({"gates": {"kl": {"min": 2, "max": 1}}})") ==
        R"(evaluate.gates.kl: found min 2 and max 1, allowed min <= max)");
}

TEST_CASE("metrics that need labels are evaluate_rejected where there are none", "[config]") {
  CHECK(evaluate_rejected(R"({"gates": {"accuracy": {"min": 0.9}}})") ==
        "evaluate.gates.accuracy: found 'accuracy' but no labels, allowed it only with labels: add "
        "evaluate.labels");
  CHECK(contains(evaluate_rejected(R"({"metrics": ["kl", "perplexity"]})"),
                 "evaluate.metrics.1: found 'perplexity' but no labels"));
  CHECK(evaluate(R"({"gates": {"mine": {"min": 0.9}}})").gates.size() == 1);
}

TEST_CASE("a gate must be on a metric that is computed", "[config]") {
  CHECK(evaluate_rejected(R"({"metrics": ["kl", "cosine"], "gates": {"cosin": {"min": 0.9}}})") ==
        "evaluate.gates.cosin: found a gate on a metric that is not computed, allowed those of "
        "evaluate.metrics: 'kl', 'cosine'; did you mean 'cosine'?");
  CHECK(evaluate(R"({"metrics": ["kl"], "gates": {"kl": {"max": 1}}})").gates.size() == 1);
}

TEST_CASE("--set reaches into gates", "[config]") {
  const auto gates = parse_sample({"evaluate.gates.agreement.min=0.5"}).evaluate->gates;
  REQUIRE(gates.size() == 1);
  CHECK(gates[0].min == 0.5);
}

TEST_CASE("built-in metrics are found by name, others are the user's", "[config]") {
  REQUIRE(find_built_in_metric("perplexity") != nullptr);
  CHECK(find_built_in_metric("perplexity")->needs_labels);
  CHECK_FALSE(find_built_in_metric("agreement")->needs_labels);
  CHECK(find_built_in_metric("mine") == nullptr);
}

}  // namespace actsparse
