#include "quality/evaluation.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "functions/tensors.h"
#include "quality/chosen_metrics.h"

namespace actsparse {
namespace {

std::optional<NamedTensor> judged_tensor(const EvaluateConfig& config, const OutputTree& output) {
  if (config.output) {
    auto found = find_tensor(output, *config.output);
    if (!found.tensor.is_floating_point())
      throw Error(ErrorKind::Config,
                  fmt::format("evaluate.output: {} is {}, a floating tensor is "
                              "wanted",
                              output_text(found), c10::toString(found.tensor.scalar_type())));
    return found;
  }
  const auto tensors = tensors_of(output);
  const auto first = std::find_if(tensors.begin(), tensors.end(), [](const auto& entry) {
    return entry.tensor.is_floating_point();
  });
  if (first == tensors.end()) return std::nullopt;
  return *first;
}

int64_t samples_in(const BaselineBatch& batch) {
  if (batch.judged) return samples_of(batch.judged->tensor);
  const auto tensors = tensors_of(batch.output);
  return tensors.empty() ? 0 : samples_of(tensors[0].tensor);
}

OutputFacts facts_of(const BaselineBatch& batch, const std::optional<int64_t>& class_dim) {
  OutputFacts facts;
  facts.has_floating = batch.judged.has_value();
  facts.has_labels = batch.labels.defined();
  facts.classes = batch.judged && class_dim ? batch.judged->tensor.size(*class_dim) : 0;
  facts.judged = batch.judged
                     ? output_text(*batch.judged)
                     : "the model returns " + describe(batch.output) + ", no floating tensor";
  return facts;
}

// What the first batch decided holds for all.
int64_t class_dim_of(const NamedTensor& judged, int64_t dim) {
  if (dim < judged.tensor.dim() && judged.tensor.size(dim) >= 2) return dim;
  throw Error(ErrorKind::Data,
              fmt::format("{} has no two or more classes along dimension {}, as the first batch's "
                          "has; see evaluate.output and evaluate.class_dim",
                          output_text(judged), dim));
}

// Labels that no class metric reads, and so are not checked by one.
void check_label_count(const BaselineBatch& batch) {
  const auto& labels = batch.labels;
  if (!labels.defined() || !batch.judged || samples_of(labels) == batch.samples) return;
  throw Error(ErrorKind::Data, fmt::format("{} labels for {} samples of {}", samples_of(labels),
                                           batch.samples, output_text(*batch.judged)));
}

}  // namespace

Evaluation::Evaluation(EvaluateConfig config, std::vector<UserMetric> user_metrics)
    : config_(std::move(config)), user_metrics_(std::move(user_metrics)) {
  check_metrics(config_, user_metrics_);
  const auto lacks_labels = [&](const auto& metric) {
    return metric.takes_labels && !config_.labels;
  };
  user_metrics_.erase(std::remove_if(user_metrics_.begin(), user_metrics_.end(), lacks_labels),
                      user_metrics_.end());
}

void Evaluation::choose(const BaselineBatch& batch) {
  if (batch.judged && chooses_classes(config_)) {
    const at::IntArrayRef labels =
        batch.labels.defined() ? batch.labels.sizes() : at::IntArrayRef();
    class_dim_ = choose_class_dim(*batch.judged, batch.labels.defined() ? &labels : nullptr,
                                  config_.class_dim);
  }
  check_metrics(config_, facts_of(batch, class_dim_));
  const bool labels_serve = class_dim_ || config_.metrics || !user_metrics_.empty();
  if (batch.labels.defined() && !labels_serve)
    throw Error(ErrorKind::Data, fmt::format("there are labels of shape {}, but {}",
                                             shape_text(batch.labels.sizes()),
                                             no_classes(facts_of(batch, class_dim_))));
  is_decided_ = true;
}

void Evaluation::ask_users(BaselineBatch& batch) const {
  for (const auto& metric : user_metrics_) {
    if (!batch.judged)
      throw Error(ErrorKind::Data, fmt::format("metric '{}' does not apply: {}", metric.name,
                                               facts_of(batch, class_dim_).judged));
    batch.figures.emplace_back();
    if (metric.takes_labels)
      batch.figures.back() = ask(metric, batch.judged->tensor, batch.labels, batch.samples);
  }
}

BaselineBatch Evaluation::prepare(const c10::IValue& output, const at::Tensor& labels) {
  if (labels.defined() != config_.labels.has_value())
    throw Error(ErrorKind::Internal,
                "evaluate has labels where the config has none, or none where "
                "it has");
  BaselineBatch batch;
  batch.output = output_tree(output);
  batch.labels = labels;
  batch.judged = judged_tensor(config_, batch.output);
  if (batch.judged) batch.judged->tensor = plain(batch.judged->tensor);
  batch.samples = samples_in(batch);
  if (!is_decided_) choose(batch);
  if (batch.judged && class_dim_) {
    batch.class_dim = class_dim_of(*batch.judged, *class_dim_);
    const auto& ignore = config_.labels ? config_.labels->ignore : std::nullopt;
    const auto rows = labels.defined() ? label_rows(labels, *batch.judged, batch.class_dim, ignore)
                                       : at::Tensor();
    batch.answers =
        baseline_answers(scores_of(batch.judged->tensor, batch.class_dim), rows, ignore);
  }
  check_label_count(batch);
  ask_users(batch);
  return batch;
}

}  // namespace actsparse
