#include "repair/group_trials.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "compact/change.h"
#include "compact/nodes.h"
#include "model/run_clone.h"
#include "model/run_method.h"
#include "repair/group_trial.h"
#include "repair/held_out.h"
#include "repair/partial_graph.h"
#include "repair/solve_layer.h"
#include "repair/targets.h"
#include "repair/unmasked_graph.h"

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
bool is_whole(Graph& graph) {
  bool draws = false;
  for_each_node(*graph.block(), [&](Node& node) { draws = draws || node.isNondeterministic(); });
  return draws || has_writes(graph);
}

// What a target is given if nothing was found for it.
std::pair<at::Tensor, IValue> as_it_was(const MaskedOperator& masked) {
  return {masked.weight, masked.bias.defined() ? IValue(masked.bias) : IValue()};
}

int64_t bytes_of(const MaskedOperator& masked) {
  const at::Tensor weight = grouped(masked.weight, masked.window);
  return 2 * moment_bytes(weight.size(0), weight.size(2) * weight.size(3), weight.size(1));
}

MaskedOperator with_mask(MaskedOperator masked, const at::Tensor& mask) {
  masked.mask = mask;
  return masked;
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

    bool has(const std::string& layer) const {
      return std::count(asked.layers.begin(), asked.layers.end(), layer) != 0;
    }
  };

  Impl(const Session& masked, std::vector<TrialGroup> asked, const RepairConfig& given)
      : config(given),
        flat(flatten(masked.model, masked.method)),
        unmasked(flat),
        whole(is_whole(*unmasked.graph)) {
    for (auto& group : asked) groups.push_back({groups.size(), std::move(group), {}, {}, {}, {}});
    sort_groups();
    find_targets();
    for (Group& group : groups) {
      group.trial = std::make_unique<GroupTrial>(flat, group.asked.layers, group.targets, whole);
      for (size_t level = 0; level < group.asked.levels.size(); ++level)
        group.parameters.push_back(parameters_of(group, std::vector<SolvedLayer>()));
    }
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
    RepairConfig readers;  // only those that read masks themselves
    readers.method = config.method == "none" ? "none" : "mean";
    readers.batch_norm = false;
    const MaskedOperators found = masked_operators(flat, readers);
    if (config.method != "none") left = found.left;
    for (Target& target : targets_of(found.operators)) add(target);
  }

  void add(Target& target) {
    const auto& first = target.first();
    const auto own = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& group) { return group.has(first.layer); });
    if (own == groups.end()) return;
    const bool is_shared = std::any_of(
        target.calls.begin(), target.calls.end(),
        [&](const auto& call) { return !own->has(call.layer) || call.layer != first.layer; });
    if (is_shared)
      left.push_back({first.layer, "its weight is another layer's, too, which has its own mask"});
    else
      own->targets.push_back(target);
  }

  void make_prefixes() {
    Values before(flat.graph->inputs().begin(), flat.graph->inputs().end());
    for (Group& group : groups) {
      const Values alive = group.trial->alive();
      group.prefix.emplace(here(before), here(alive));
      before = alive;
    }
    last.emplace(here(before), Values{unmasked.graph->outputs().at(0)});
  }

  // In the graph without masks.
  Values here(const Values& values) const {
    Values found;
    for (const Value* value : values) found.push_back(unmasked.twin(value));
    return found;
  }

  // What a group's graph is given in the place of its targets' parameters; `solved` of each, empty:
  // what they are.
  static Inputs parameters_of(const Group& group, const std::vector<SolvedLayer>& solved) {
    Inputs values;
    for (size_t i = 0; i < group.targets.size(); ++i)
      for (const auto& call : group.targets[i].calls) {
        auto [weight, bias] = as_it_was(call);
        if (!solved.empty() && solved[i].weight.defined()) {
          weight = solved[i].weight.to(call.weight.device());
          bias = solved[i].bias.to(call.weight.device());
        }
        add_values(call.weight_at, weight, values);
        if (bias.isTensor())
          add_values(call.bias_at, bias.toTensor(), values);
        else
          values.emplace_back();
      }
    return values;
  }

  Inputs inputs_for(const std::vector<IValue>& arguments) const {
    Inputs inputs = {flat.module._ivalue()};
    for (auto& argument : fitted_arguments(flat.module, flat.method, arguments))
      inputs.push_back(std::move(argument));
    return inputs;
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

  // What one pass over the data is asked for.
  struct Pass {
    struct Call {
      const MaskedOperator* masked;
      size_t moments;
    };
    std::deque<MaskedOperator> plain;   // without masks: moments refer to them
    std::vector<LayerMoments> moments;  // of each target of its groups, in their order
    std::vector<Call> calls;
    Values values;  // of each call: what it reads, and what tells what it is to give
  };

  Pass pass_of(size_t first, size_t end) const {
    Pass pass;
    for (size_t i = first; i < end; ++i)
      for (const Target& target : groups[i].targets) {
        pass.plain.push_back(with_mask(target.first(), {}));
        pass.moments.emplace_back(pass.plain.back());
        for (const auto& call : target.calls) {
          pass.calls.push_back({&call, pass.moments.size() - 1});
          pass.values.push_back(unmasked.twin(call.node->inputs()[call.input]));
          pass.values.push_back(unmasked.twin(wanted_value(call)));
        }
      }
    return pass;
  }

  void run_pass(Pass& pass, BatchSource& data, const std::function<void()>& progress) const {
    const PartialGraph part({unmasked.graph->inputs().begin(), unmasked.graph->inputs().end()},
                            pass.values);
    data.rewind();
    for (size_t number = 0; const auto batch = data.next(); ++number) {
      const SameRandomNumbers drawn(number);
      const auto values = part.run(inputs_for(batch->arguments));
      for (size_t i = 0; i < pass.calls.size(); ++i) {
        const auto& [masked, place] = pass.calls[i];
        pass.moments[place].add(values[2 * i].toTensor(),
                                wanted_output(*masked, values[2 * i + 1].toTensor()),
                                is_held_out(number, config.holdout));
      }
      progress();
    }
  }

  void fit(BatchSource& data, size_t first, size_t end, const std::function<void()>& progress) {
    Pass pass = pass_of(first, end);
    if (pass.calls.empty()) return;
    run_pass(pass, data, progress);
    auto moments = pass.moments.begin();
    for (size_t i = first; i < end; ++i) {
      const auto next = moments + static_cast<std::ptrdiff_t>(groups[i].targets.size());
      solve(groups[i], {moments, next});
      moments = next;
    }
  }

  void solve(Group& group, const std::vector<LayerMoments>& moments) {
    for (size_t level = 0; level < group.asked.levels.size(); ++level) {
      std::vector<SolvedLayer> solved;
      for (size_t i = 0; i < group.targets.size(); ++i)
        solved.push_back(solve(group.targets[i].first(),
                               group.asked.levels[level].at(group.targets[i].first().layer),
                               moments[i], level == 0));
      group.parameters[level] = parameters_of(group, solved);
    }
  }

  SolvedLayer solve(const MaskedOperator& target, const at::Tensor& mask,
                    const LayerMoments& moments, bool tell) {
    const MaskedOperator masked = with_mask(target, mask);
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
  bool whole;
  std::vector<Group> groups;  // in the order in which the model comes to them
  std::vector<LeftLayer> left;
  std::optional<PartialGraph> last;  // from the last group's start to the output
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
  Inputs alive = impl_->inputs_for(arguments);
  std::vector<Inputs> before;
  const auto run = [&](auto&& part) {
    const SameRandomNumbers drawn(number);
    return part();
  };
  for (const auto& group : impl_->groups) {
    alive = run([&] { return group.prefix->run(std::move(alive)); });
    before.push_back(alive);
  }
  unmasked(run([&] { return impl_->last->run(std::move(alive)); }).front());
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
