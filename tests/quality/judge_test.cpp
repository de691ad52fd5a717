#include "quality/judge.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/Dict.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "quality/made_up.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using c10::IValue;

namespace {

// Outputs of all samples, of which batches are slices; labels lie beside the first.
struct Outputs {
  std::vector<at::Tensor> baseline, candidate;
  at::Tensor labels;
};

// Rows of class scores per token, figures, and integers.
Outputs all_outputs() {
  const int64_t samples = 24;
  const auto scores = made_up({samples, 5, 11}, 1), figures = made_up({samples, 3, 2, 2}, 2);
  const auto integers = made_up_labels({samples, 4}, 9, 3, false);
  return {{scores, figures, integers},
          {scores + 0.3 * made_up({samples, 5, 11}, 4), figures + made_up({samples, 3, 2, 2}, 5),
           made_up_labels({samples, 4}, 9, 6, false)},
          made_up_labels({samples, 5}, 11, 7, true)};
}

IValue slices(const std::vector<at::Tensor>& tensors, int64_t from, int64_t to) {
  std::vector<IValue> values;
  for (const auto& tensor : tensors) values.emplace_back(tensor.slice(0, from, to));
  return c10::ivalue::Tuple::create(std::move(values));
}

EvaluateConfig with_labels() {
  EvaluateConfig config;
  config.labels = LabelsConfig{{}, -1};
  return config;
}

using Cut = std::pair<int64_t, int64_t>;

void add(const Outputs& outputs, const Cut& cut, Evaluation& evaluation, Judge& judge) {
  judge.add(evaluation.prepare(slices(outputs.baseline, cut.first, cut.second),
                               outputs.labels.slice(0, cut.first, cut.second)),
            slices(outputs.candidate, cut.first, cut.second));
}

std::vector<Metric> metrics_of(const Outputs& outputs, const std::vector<Cut>& cuts) {
  Evaluation evaluation(with_labels(), {});
  Judge judge(evaluation);
  for (const auto& cut : cuts) add(outputs, cut, evaluation, judge);
  return judge.judgement().metrics;
}

// Neighbouring pieces of [0, samples), in any order.
std::vector<Cut> random_cuts(unsigned seed, int64_t samples) {
  std::mt19937 generator(seed);
  std::vector<Cut> cuts;
  for (int64_t from = 0; from < samples;) {
    const int64_t to = std::min<int64_t>(samples, from + 1 + generator() % 9);
    cuts.emplace_back(from, to);
    from = to;
  }
  std::shuffle(cuts.begin(), cuts.end(), generator);
  return cuts;
}

Judgement judgement_of(const EvaluateConfig& config, const IValue& baseline,
                       const IValue& candidate) {
  Evaluation evaluation(config, {});
  Judge judge(evaluation);
  judge.add(evaluation.prepare(baseline, at::Tensor()), candidate);
  return judge.judgement();
}

}  // namespace

TEST_CASE("Batches of any size in any order give the same figures, bit for bit", "[quality]") {
  const auto outputs = all_outputs();
  const auto whole = metrics_of(outputs, {{0, 24}});
  CHECK(whole.size() == 2 * 4 + 7);
  for (unsigned seed = 0; seed < 20; ++seed)
    CHECK(same_metrics(metrics_of(outputs, random_cuts(seed, 24)), whole));
}

TEST_CASE("Judges of parts merge into that of the whole, in memory and from tensors", "[quality]") {
  const auto outputs = all_outputs();
  const auto whole = metrics_of(outputs, {{0, 24}});
  for (unsigned seed = 0; seed < 10; ++seed) {
    Evaluation evaluation(with_labels(), {});
    Judge merged(evaluation), restored(evaluation);
    for (const auto& cut : random_cuts(seed, 24)) {
      Judge part(evaluation);
      add(outputs, cut, evaluation, part);
      merged.merge(part);
      restored.merge(part.tensors());
    }
    CHECK(same_metrics(merged.judgement().metrics, whole));
    CHECK(same_metrics(restored.judgement().metrics, whole));
    const auto a = merged.tensors(), b = restored.tensors();
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) CHECK(a[i].second.equal(b[i].second));
  }
}

TEST_CASE("How many threads there are does not show in the figures", "[quality]") {
  const int threads = at::get_num_threads();
  const auto outputs = all_outputs();
  at::set_num_threads(1);
  const auto alone = metrics_of(outputs, {{0, 24}});
  at::set_num_threads(4);
  const auto together = metrics_of(outputs, {{0, 24}});
  at::set_num_threads(threads);
  CHECK(same_metrics(alone, together));
}

TEST_CASE("The order of elements in memory does not show in the figures", "[quality]") {
  const auto b = made_up({2, 8, 3, 4}, 1), c = b + made_up({2, 8, 3, 4}, 2);
  const auto last = [](const at::Tensor& x) {
    return x.contiguous(at::MemoryFormat::ChannelsLast);
  };
  CHECK(same_metrics(judgement_of({}, b, c).metrics, judgement_of({}, last(b), last(c)).metrics));
}

TEST_CASE("A candidate in half precision is compared as its numbers are", "[quality]") {
  const auto b = made_up({6, 8}, 1);
  const auto half = b.to(at::kHalf);
  CHECK(same_metrics(judgement_of({}, b, half).metrics,
                     judgement_of({}, b, half.to(at::kFloat)).metrics));
  CHECK(metric_of(judgement_of({}, b, half).metrics, "agreement").value == 1);
  CHECK(judgement_of({}, b, b.to(at::kDouble)).metrics.size() == 7);
}

TEST_CASE("Only metrics asked for are given, with their output", "[quality]") {
  EvaluateConfig config;
  FunctionConfig kl, cosine;
  kl.name = "kl";
  cosine.name = "cosine";
  config.metrics = {cosine, kl};
  const auto pair = [](uint64_t seed) {
    return IValue(c10::ivalue::Tuple::create({made_up({6, 8}, seed), made_up({6, 2, 2, 2, 2}, 9)}));
  };
  const auto metrics = judgement_of(config, pair(1), pair(2)).metrics;
  CHECK(names_of(metrics) == std::vector<std::string>{"cosine", "cosine", "kl"});
  CHECK(metrics[0].output == "0");
  CHECK(metrics[1].output == "1");
  CHECK(metrics[2].output == "0");
}

TEST_CASE("Every output is accounted for", "[quality]") {
  c10::Dict<std::string, at::Tensor> a, b;
  for (auto* outputs : {&a, &b}) {
    outputs->insert("figures", made_up({6, 8}, 1));
    outputs->insert("waves", made_up({6, 8}, 1).to(at::kComplexFloat));
  }
  a.insert("classes", at::tensor({1, 2, 3, 4, 5, 6}));
  b.insert("classes", at::tensor({1, 2, 3, 4, 0, 0}));
  const auto found = judgement_of({}, a, b);
  REQUIRE(found.outputs.size() == 2);
  CHECK(found.outputs[0].output == "figures");
  CHECK(found.outputs[1].output == "classes");
  CHECK(found.outputs[1].differing == 2);
  REQUIRE(found.warnings.size() == 1);
  CHECK(found.warnings[0] == "output 'waves' is complex and not compared");
}

TEST_CASE("NaN in outputs is told with its numbers", "[quality]") {
  const auto b = made_up({6, 8}, 1);
  auto c = b.clone();
  c[1][1] = c[1][2] = c[4][0] = std::nan("");
  const auto found = judgement_of({}, b, c);
  REQUIRE(found.warnings.size() == 1);
  CHECK(contains(found.warnings[0],
                 "the output: NaN or infinite are 3 elements in 2 samples of the candidate"));
  CHECK(std::isnan(metric_of(found.metrics, "relative_error").value));
  CHECK(metric_of(found.metrics, "agreement").value == Approx(4.0 / 6));
}

TEST_CASE("A failed gate fails the candidate", "[quality]") {
  EvaluateConfig config;
  config.gates = {{"agreement", 0.99, {}, {}, "evaluate.gates.agreement"}};
  const auto b = made_up({50, 8}, 1);
  CHECK(judgement_of(config, b, b).passed);
  const auto found = judgement_of(config, b, made_up({50, 8}, 2));
  CHECK(!found.passed);
  REQUIRE(found.gates.size() == 1);
  CHECK(found.gates[0].value == metric_of(found.metrics, "agreement").value);
}

TEST_CASE("A candidate of another structure is refused with both", "[quality]") {
  const auto error = error_of([] { judgement_of({}, made_up({4, 8}, 1), made_up({4, 7}, 1)); });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "Tensor [4, 7]"));
  CHECK(contains(error.what(), "Tensor [4, 8]"));
}

TEST_CASE("A user's metric sees both outputs in the baseline's dtype", "[quality]") {
  const UserMetric distance{
      "distance", [](const auto& a, const auto& b) { return at::sub(a, b).abs().amax(1); }, false};
  const UserMetric hits{
      "hits", [](const auto& a, const auto& b) { return a.argmax(1).eq(b).to(at::kFloat); }, true};
  Evaluation evaluation(with_labels(), {distance, hits});
  Judge judge(evaluation);
  const auto b = made_up({6, 8}, 1), c = made_up({6, 8}, 2);
  judge.add(evaluation.prepare(b, b.argmax(1)), c.to(at::kDouble));
  const auto metrics = judge.judgement().metrics;
  const double wanted = (b - c).abs().amax(1).to(at::kDouble).mean().item<double>();
  CHECK(metric_of(metrics, "distance").value == Approx(wanted));
  CHECK(metric_of(metrics, "hits").baseline == 1);
  CHECK(metric_of(metrics, "hits").value == metric_of(metrics, "accuracy").value);
}

TEST_CASE("The baseline's own figures stand beside each candidate's", "[quality]") {
  const auto outputs = all_outputs();
  auto itself = outputs;
  itself.candidate = itself.baseline;
  const auto of_itself = metrics_of(itself, {{0, 24}});
  std::vector<std::string> names;
  for (const auto& metric : metrics_of(outputs, {{0, 24}})) {
    if (!metric.baseline) continue;
    names.push_back(metric.name);
    CHECK(metric.baseline == metric_of(of_itself, metric.name).value);
    CHECK(metric.baseline_interval->low == metric_of(of_itself, metric.name).interval->low);
  }
  CHECK(names == std::vector<std::string>{"accuracy", "accuracy_5", "nll", "perplexity"});
}

TEST_CASE("What a judge kept of another evaluation is refused", "[quality]") {
  Evaluation evaluation({}, {});
  Judge judge(evaluation);
  const NamedTensors unknown = {{"guesses:x/counts", at::zeros({1}, at::kLong)}};
  CHECK(error_of([&] { judge.merge(unknown); }).kind() == ErrorKind::State);
  const NamedTensors alone = {{"errors:x/counts", at::zeros({6}, at::kLong)}};
  CHECK(error_of([&] { judge.merge(alone); }).kind() == ErrorKind::State);
}
