#include "repair/trial_moments.h"

#include <utility>

#include "model/run_clone.h"
#include "repair/held_out.h"

namespace actsparse {
namespace {

using c10::IValue;

// From all inputs of a graph to some of its values.
class WholeRun {
 public:
  WholeRun(const FlatModel& flat, const UnmaskedGraph& graph, const Values& values)
      : flat_(flat), part_({graph.graph->inputs().begin(), graph.graph->inputs().end()}, values) {}

  std::vector<IValue> operator()(const std::vector<IValue>& arguments, size_t number) const {
    const SameRandomNumbers drawn(number);
    return part_.run(graph_inputs(flat_, arguments));
  }

 private:
  const FlatModel& flat_;
  PartialGraph part_;
};

}  // namespace

TrialMoments::TrialMoments(const TrialGraphs& graphs,
                           const std::vector<const TrialTarget*>& targets)
    : graphs_(graphs) {
  for (const TrialTarget* target : targets) {
    operators_.push_back(target->plain.first());
    operators_.back().mask = at::Tensor();
    moments_.emplace_back(operators_.back());
    for (size_t call = 0; call < target->own.calls.size(); ++call) ask(*target, call);
  }
}

void TrialMoments::ask(const TrialTarget& target, size_t call) {
  const MaskedOperator &own = target.own.calls[call], &plain = target.plain.calls[call];
  asked_.push_back({&target, call, moments_.size() - 1, read_.size(), wanted_.size(), {}});
  read_.push_back(graphs_.read_unmasked(own));
  wanted_.push_back(graphs_.unmasked.twin(wanted_value(plain)));
  if (!graphs_.in_whole) return;  // nothing else is lost
  const auto is = find_residual(own), was = find_residual(plain);
  if (!is || !was || is->sum->node()->owningBlock() != own.node->owningBlock()) return;
  asked_.back().residual = is;
  read_.push_back(graphs_.around.twin(is->other));
  wanted_.push_back(graphs_.unmasked.twin(was->other));
}

void TrialMoments::run(BatchSource& data, double holdout, const std::function<void()>& progress) {
  if (asked_.empty()) return;
  // In the unmasked model one run gives all.
  const WholeRun around(graphs_.flat, graphs_.around,
                        graphs_.in_whole ? read_ : joined(read_, wanted_));
  std::optional<WholeRun> unmasked;
  if (graphs_.in_whole) unmasked.emplace(graphs_.plain, graphs_.unmasked, wanted_);
  data.rewind();
  for (size_t number = 0; const auto batch = data.next(); ++number) {
    auto is = around(batch->arguments, number);
    auto was = unmasked ? (*unmasked)(batch->arguments, number)
                        : std::vector<IValue>(
                              is.begin() + static_cast<std::ptrdiff_t>(read_.size()), is.end());
    for (const Asked& asked : asked_) take(asked, is, was, is_held_out(number, holdout));
    progress();
  }
}

void TrialMoments::take(const Asked& asked, const std::vector<IValue>& is,
                        const std::vector<IValue>& was, bool held_out) {
  at::Tensor wanted =
      wanted_output(asked.target->plain.calls[asked.call], was[asked.wanted].toTensor());
  if (asked.residual)
    wanted = with_made_up(wanted, was[asked.wanted + 1].toTensor(), is[asked.read + 1].toTensor(),
                          *asked.residual, operators_[asked.moments].window);
  moments_[asked.moments].add(is[asked.read].toTensor(), wanted, held_out);
}

}  // namespace actsparse
