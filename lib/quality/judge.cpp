#include "quality/judge.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "quality/chosen_metrics.h"
#include "quality/error_metrics.h"
#include "quality/gates.h"

namespace actsparse {
namespace {

// ---- kinds of tallies ----

struct Kind {
  const char* name;
  Tally (*fresh)();
};
Tally skipped_tally() { return Tally({1, 0, 0}); }  // complex outputs: samples
Tally zero_tally() { return Tally({2, 0, 0}); }     // zeros, elements
constexpr Kind kinds[] = {{"errors", error_tally},    {"differences", difference_tally},
                          {"skipped", skipped_tally}, {"classes", class_tally},
                          {"zeros", zero_tally},      {"user", user_tally}};

std::pair<std::string, std::string> parted(const std::string& key) {
  const auto colon = key.find(':');
  return {key.substr(0, colon), key.substr(std::min(key.size(), colon + 1))};
}

Tally fresh_tally(const std::string& kind) {
  for (const auto& known : kinds)
    if (kind == known.name) return known.fresh();
  throw Error(ErrorKind::State, "what is kept of evaluate has the unknown part '" + kind + "'");
}

// ---- what a tally says ----

std::string count_text(int64_t elements, int64_t samples, const char* whose) {
  return fmt::format("{} elements in {} samples of the {}", elements, samples, whose);
}

std::string not_finite_text(const OutputCounts& counts) {
  std::vector<std::string> texts;
  if (counts.baseline_elements_not_finite > 0)
    texts.push_back(count_text(counts.baseline_elements_not_finite,
                               counts.baseline_samples_not_finite, "baseline"));
  if (counts.candidate_elements_not_finite > 0)
    texts.push_back(count_text(counts.candidate_elements_not_finite,
                               counts.candidate_samples_not_finite, "candidate"));
  return fmt::format("{}", fmt::join(texts, " and "));
}

std::string name_text(const std::string& output) {
  return output.empty() ? "the output" : "output '" + output + "'";
}

void warn_of_not_finite(const OutputCounts& counts, Judgement& judgement) {
  const auto text = not_finite_text(counts);
  if (!text.empty())
    judgement.warnings.push_back(fmt::format(
        "{}: NaN or infinite are {}; metrics that would average over them are NaN, and a position "
        "without a largest score counts as wrong",
        name_text(counts.output), text));
}

void append(const std::vector<Metric>& metrics, Judgement& judgement) {
  judgement.metrics.insert(judgement.metrics.end(), metrics.begin(), metrics.end());
}

const UserMetric& user_metric_of(const Evaluation& evaluation, const std::string& name) {
  for (const auto& metric : evaluation.user_metrics())
    if (metric.name == name) return metric;
  throw Error(ErrorKind::State, "what is kept of evaluate has the metric '" + name +
                                    "', which the config does not know");
}

void tell(const Evaluation& evaluation, const std::string& key, const Tally& tally,
          Judgement& judgement) {
  const auto [kind, of] = parted(key);
  if (kind == "errors") {
    append(error_metrics(tally, of), judgement);
    judgement.outputs.push_back(error_counts(tally, of));
    warn_of_not_finite(judgement.outputs.back(), judgement);
  } else if (kind == "differences") {
    judgement.outputs.push_back(difference_counts(tally, of));
  } else if (kind == "classes") {
    append(class_metrics(tally, of), judgement);
  } else if (kind == "zeros") {
    judgement.zeros.push_back({of, tally.counts[0], tally.counts[1]});
  } else if (kind == "user") {
    append({user_metric(tally, user_metric_of(evaluation, of), "")}, judgement);
  } else {
    judgement.warnings.push_back(name_text(of) + " is complex and not compared");
  }
}

}  // namespace

Tally& Judge::tally(const std::string& kind, const std::string& of) {
  const auto key = kind + ":" + of;
  for (auto& [name, tally] : tallies_)
    if (name == key) return tally;
  return tallies_.emplace_back(key, fresh_tally(kind)).second;
}

void Judge::add_outputs(const std::vector<TensorPair>& pairs) {
  for (const auto& pair : pairs) {
    if (pair.baseline.is_complex())
      tally("skipped", pair.path).counts[0] += 1;
    else if (pair.baseline.is_floating_point())
      add_errors(plain(pair.baseline), plain(pair.candidate), tally("errors", pair.path));
    else
      add_differences(plain(pair.baseline), plain(pair.candidate), tally("differences", pair.path));
  }
}

void Judge::add_judged(const BaselineBatch& baseline, const std::vector<TensorPair>& pairs) {
  const auto& judged = *baseline.judged;
  const auto pair = std::find_if(pairs.begin(), pairs.end(),
                                 [&](const auto& other) { return other.path == judged.path; });
  const auto candidate = plain(pair->candidate);
  if (baseline.answers)
    add_answers(*baseline.answers, scores_of(candidate, baseline.class_dim),
                tally("classes", judged.path));
  const auto as_baseline = candidate.to(judged.tensor.scalar_type());
  for (size_t i = 0; i < evaluation_->user_metrics().size(); ++i) {
    const auto& metric = evaluation_->user_metrics()[i];
    const auto figures = metric.takes_labels
                             ? ask(metric, as_baseline, baseline.labels, baseline.samples)
                             : ask(metric, judged.tensor, as_baseline, baseline.samples);
    add_figures(baseline.figures[i], figures, baseline.samples, tally("user", metric.name));
  }
}

void Judge::add(const BaselineBatch& baseline, const c10::IValue& candidate) {
  const auto pairs = pair_tensors(baseline.output, output_tree(candidate));
  add_outputs(pairs);
  if (baseline.judged) add_judged(baseline, pairs);
}

void Judge::add_zeros(const std::string& layer, int64_t zeros, int64_t elements) {
  auto& counts = tally("zeros", layer).counts;
  counts[0] += zeros;
  counts[1] += elements;
}

void Judge::merge(const Judge& other) {
  for (const auto& [key, kept] : other.tallies_) {
    const auto [kind, of] = parted(key);
    tally(kind, of).merge(kept);
  }
}

NamedTensors Judge::tensors() const {
  NamedTensors tensors;
  for (const auto& [key, tally] : tallies_) append_tensors(tally, key, tensors);
  return tensors;
}

void Judge::merge(const NamedTensors& tensors) {
  const std::string end = "/counts";
  for (const auto& [name, tensor] : tensors) {
    if (name.size() < end.size() || name.compare(name.size() - end.size(), end.size(), end) != 0)
      continue;
    const auto key = name.substr(0, name.size() - end.size());
    const auto [kind, of] = parted(key);
    merge_tensors(tensors, key, tally(kind, of));
  }
}

Judgement Judge::judgement() const {
  Judgement judgement;
  for (const auto& [key, tally] : tallies_) tell(*evaluation_, key, tally, judgement);
  auto& metrics = judgement.metrics;
  metrics.erase(std::remove_if(metrics.begin(), metrics.end(),
                               [&](const Metric& metric) {
                                 return !is_chosen(evaluation_->config(), metric.name);
                               }),
                metrics.end());
  judgement.gates = check_gates(evaluation_->config().gates, metrics);
  judgement.passed = std::all_of(judgement.gates.begin(), judgement.gates.end(),
                                 [](const GateResult& gate) { return gate.passed; });
  return judgement;
}

const Metric* find_metric(const Judgement& judgement, const std::string& name) {
  const auto& metrics = judgement.metrics;
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

}  // namespace actsparse
