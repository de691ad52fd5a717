#include "repair/trial_moments.h"

#include "model/run_clone.h"
#include "model/run_method.h"
#include "repair/held_out.h"

namespace actsparse {

std::vector<c10::IValue> graph_inputs(const FlatModel& flat,
                                      const std::vector<c10::IValue>& arguments) {
  std::vector<c10::IValue> inputs = {flat.module._ivalue()};
  for (auto& argument : fitted_arguments(flat.module, flat.method, arguments))
    inputs.push_back(std::move(argument));
  return inputs;
}

TrialMoments::TrialMoments(const FlatModel& flat, const UnmaskedGraph& unmasked,
                           const std::vector<const Target*>& targets)
    : flat_(flat), unmasked_(unmasked) {
  for (const Target* target : targets) {
    plain_.push_back(target->first());
    plain_.back().mask = at::Tensor();
    moments_.emplace_back(plain_.back());
    for (const auto& call : target->calls) {
      calls_.push_back({&call, moments_.size() - 1});
      values_.push_back(unmasked.twin(call.node->inputs()[call.input]));
      values_.push_back(unmasked.twin(wanted_value(call)));
    }
  }
}

void TrialMoments::run(BatchSource& data, double holdout, const std::function<void()>& progress) {
  if (calls_.empty()) return;
  const auto inputs = unmasked_.graph->inputs();
  const PartialGraph part({inputs.begin(), inputs.end()}, values_);
  data.rewind();
  for (size_t number = 0; const auto batch = data.next(); ++number) {
    const SameRandomNumbers drawn(number);
    const auto values = part.run(graph_inputs(flat_, batch->arguments));
    for (size_t i = 0; i < calls_.size(); ++i) {
      const auto& [masked, place] = calls_[i];
      moments_[place].add(values[2 * i].toTensor(),
                          wanted_output(*masked, values[2 * i + 1].toTensor()),
                          is_held_out(number, holdout));
    }
    progress();
  }
}

}  // namespace actsparse
