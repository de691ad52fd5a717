#include "repair/group_trials.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "compact/nodes.h"
#include "model/run_clone.h"
#include "repair/group_trial.h"
#include "repair/held_out.h"
#include "repair/partial_graph.h"
#include "repair/solve_layer.h"
#include "repair/trial_moments.h"
#include "repair/trial_targets.h"

namespace actsparse {
namespace {

using c10::IValue;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
using Inputs = std::vector<IValue>;

// Moments that are collected in one pass over the data.
constexpr int64_t kPassBytes = int64_t{1} << 30;

// Whether a graph must be run as a whole: its order counts, or it draws random numbers.
bool must_run_whole(Graph& graph) {
  bool draws = false;
  for_each_node(*graph.block(), [&](Node& node) { draws = draws || node.isNondeterministic(); });
  return draws || has_writes(graph);
}

int64_t bytes_of(const MaskedOperator& masked) {
  const at::Tensor weight = grouped(masked.weight, masked.window);
  return 2 * moment_bytes(weight.size(0), weight.size(2) * weight.size(3), weight.size(1));
}

MaskedOperator with_mask(MaskedOperator masked, const at::Tensor& mask) {
  masked.mask = mask;
  return masked;
}

// What a group's graph is given in the place of its targets' parameters; `solved` of each, empty or
// undefined: what they are in the unmasked model.
Inputs parameters_of(const std::vector<Target>& targets, const std::vector<SolvedLayer>& solved) {
  Inputs values;
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto& plain = targets[i].first();
    const bool is_solved = !solved.empty() && solved[i].weight.defined();
    const at::Tensor weight = is_solved ? solved[i].weight.to(plain.weight.device()) : plain.weight;
    const at::Tensor bias = is_solved ? solved[i].bias.to(plain.weight.device()) : plain.bias;
    for (const auto& call : targets[i].calls) {
      add_values(call.weight_at, weight, values);
      if (bias.defined())
        add_values(call.bias_at, bias, values);
      else
        values.emplace_back();
    }
  }
  return values;
}

}  // namespace

struct GroupTrials::Impl {
  // A group with all that belongs to it.
  struct Group {
    size_t place;  // among those that were asked for
    TrialGroup asked;
    std::vector<Target> targets;
    std::vector<Inputs> parameters;  // of each level, for GroupTrial::run()
    std::unique_ptr<GroupTrial> trial;
    std::optional<PartialGraph> prefix;  // from what is alive before the group before it
  };

  Impl(const Session& masked, std::vector<TrialGroup> asked, const RepairConfig& given)
      : config(given), flat(flatten(masked.model, masked.method)), unmasked(flat) {
    for (auto& group : asked) groups.push_back({groups.size(), std::move(group), {}, {}, {}, {}});
    sort_groups();
    find_targets();
    make_trials();
    make_prefixes();
  }

  void sort_groups() {
    std::map<std::string, size_t> order;  // of layers, by their first masks
    for_each_node(*flat.graph->block(), [&](Node& node) {
      if (const auto layer = masked_layer(flat, node)) order.emplace(*layer, order.size());
    });
    const auto first = [&](const Group& group) {
      size_t least = order.size();
      for (const auto& layer : group.asked.layers)
        if (const auto own = order.find(layer); own != order.end())
          least = std::min(least, own->second);
      return least;
    };
    std::stable_sort(groups.begin(), groups.end(),
                     [&](const Group& a, const Group& b) { return first(a) < first(b); });
  }

  void find_targets() {
    std::vector<std::vector<std::string>> layers;
    for (const Group& group : groups) layers.push_back(group.asked.layers);
    TrialTargets found = trial_targets(flat, layers, config.method);
    left = std::move(found.left);
    for (size_t i = 0; i < groups.size(); ++i) groups[i].targets = std::move(found.of_groups[i]);
  }

  void make_trials() {
    const bool from_start = must_run_whole(*unmasked.graph);
    for (Group& group : groups) {
      group.trial =
          std::make_unique<GroupTrial>(flat, group.asked.layers, group.targets, from_start);
      group.parameters.assign(group.asked.levels.size(), parameters_of(group.targets, {}));
    }
  }

  void make_prefixes() {
    Values before(flat.graph->inputs().begin(), flat.graph->inputs().end());
    for (Group& group : groups) {
      const Values alive = group.trial->alive();
      group.prefix.emplace(here(before), here(alive));
      before = alive;
    }
    rest.emplace(here(before), Values{unmasked.graph->outputs().at(0)});
  }

  // In the graph without masks.
  Values here(const Values& values) const {
    Values found;
    for (const Value* value : values) found.push_back(unmasked.twin(value));
    return found;
  }

  // From `first` on, as many groups as fit into one pass; at least one.
  size_t end_of_pass(size_t first) const {
    int64_t bytes = 0;
    size_t end = first;
    const int64_t most = std::min(kPassBytes, memory_left().memory / 2);
    for (; end < groups.size(); ++end) {
      for (const auto& target : groups[end].targets) bytes += bytes_of(target.first());
      if (end > first && bytes > most) break;
    }
    return end;
  }

  void fit(BatchSource& data, size_t first, size_t end, const std::function<void()>& progress) {
    std::vector<const Target*> targets;
    for (size_t i = first; i < end; ++i)
      for (const Target& target : groups[i].targets) targets.push_back(&target);
    TrialMoments moments(flat, unmasked, targets);
    moments.run(data, config.holdout, progress);
    for (size_t i = first, target = 0; i < end; target += groups[i++].targets.size())
      solve(groups[i], moments, target);
  }

  void solve(Group& group, const TrialMoments& moments, size_t first) {
    for (size_t level = 0; level < group.asked.levels.size(); ++level) {
      std::vector<SolvedLayer> solved;
      for (size_t i = 0; i < group.targets.size(); ++i) {
        const MaskedOperator& target = group.targets[i].first();
        solved.push_back(solve(with_mask(target, group.asked.levels[level].at(target.layer)),
                               moments.of(first + i), level == 0));
      }
      group.parameters[level] = parameters_of(group.targets, solved);
    }
  }

  SolvedLayer solve(const MaskedOperator& masked, const LayerMoments& moments, bool tell) {
    const auto leave = [&](const std::string& reason) {
      if (tell) left.push_back({masked.layer, reason});
      return SolvedLayer();
    };
    try {
      const auto own = moments.with_mask(masked);
      if (!own) return leave("its mask is not one of channels");
      return solve_layer(masked, *own, config);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Data) throw error.in(layer_text(masked.layer));
      return leave(error.what());
    }
  }

  const RepairConfig config;
  FlatModel flat;
  UnmaskedGraph unmasked;
  std::vector<Group> groups;  // in the order in which the model comes to them
  std::vector<LeftLayer> left;
  std::optional<PartialGraph> rest;  // from the last group's start to the output
};

GroupTrials::GroupTrials(const Session& masked, std::vector<TrialGroup> groups,
                         const RepairConfig& config)
    : impl_(std::make_unique<Impl>(in_eval_mode(masked), std::move(groups), config)) {}
GroupTrials::~GroupTrials() = default;
GroupTrials::GroupTrials(GroupTrials&&) noexcept = default;

const std::vector<LeftLayer>& GroupTrials::left() const { return impl_->left; }

void GroupTrials::fit(BatchSource& data,
                      const std::function<void(int64_t done, int64_t all)>& progress) {
  if (impl_->config.method == "none") return;
  const at::NoGradGuard no_grad;
  std::vector<size_t> ends = {0};
  while (ends.back() < impl_->groups.size()) ends.push_back(impl_->end_of_pass(ends.back()));
  const int64_t all = data.batches() * static_cast<int64_t>(ends.size() - 1);
  int64_t done = 0;
  for (size_t i = 0; i + 1 < ends.size(); ++i)
    impl_->fit(data, ends[i], ends[i + 1], [&] { progress(++done, all); });
}

void GroupTrials::run(
    const std::vector<IValue>& arguments, uint64_t number,
    const std::function<void(const IValue& output)>& unmasked,
    const std::function<void(size_t group, size_t level, const IValue& output)>& trial) const {
  const at::NoGradGuard no_grad;
  Inputs alive = graph_inputs(impl_->flat, arguments);
  std::vector<Inputs> before;
  const auto run = [&](auto&& part) {
    const SameRandomNumbers drawn(number);
    return part();
  };
  for (const auto& group : impl_->groups) {
    alive = run([&] { return group.prefix->run(std::move(alive)); });
    before.push_back(alive);
  }
  unmasked(run([&] { return impl_->rest->run(std::move(alive)); }).front());
  for (size_t i = 0; i < impl_->groups.size(); ++i) {
    const auto& group = impl_->groups[i];
    for (size_t level = 0; level < group.parameters.size(); ++level)
      trial(group.place, level, run([&] {
              return group.trial->run(before[i], group.asked.levels[level],
                                      group.parameters[level]);
            }));
    before[i].clear();
  }
}

}  // namespace actsparse
