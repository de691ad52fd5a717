#include "repair/repair.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "model/run_clone.h"
#include "model/run_method.h"
#include "repair/changes.h"
#include "repair/held_out.h"
#include "repair/solve_layer.h"
#include "repair/targets.h"
#include "repair/unmasked_graph.h"
#include "repair/walk.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// Moments that layers may keep together while others are run.
constexpr int64_t kWaveBytes = int64_t{256} << 20;

class Repair {
 public:
  Repair(const Session& masked, const RepairOptions& options)
      : options_(options),
        masked_(masked.model),
        numbered_(number_nodes(masked.model)),
        flat_(flatten(eval(numbered_.module), masked.method)),
        unmasked_(flat_),
        before_(unmasked_.graph, options.folder),
        after_(flat_.graph, options.folder),
        outcomes_(options.known) {}

  // To be called once, first. Gives the bytes that it takes.
  int64_t plan() {
    find_targets();
    waves_ = waves_of(targets_, after_, options_.config.sequential, kWaveBytes);
    const int64_t needed = bytes_of(targets_, waves_), left = memory_left().memory;
    if (needed <= left) return needed;
    throw Error(ErrorKind::Config,
                "repair takes " + bytes_text(needed) + " of memory, most of it for " +
                    layer_text(largest_of(targets_).first().layer) + ", but only " +
                    bytes_text(left) + " can be had: mask fewer layers, or leave 'repair' out");
  }

  Repaired run(BatchSource& data) {
    plan();
    read(data);
    find_residuals(targets_, waves_, after_);
    const bool is_solved = outcomes_.size() == targets_.size();
    for (size_t i = 0; i < waves_.size(); ++i) {
      if (!is_solved) walk_wave(waves_[i], i + 1 < waves_.size() ? &waves_[i + 1] : nullptr);
      for (const size_t target : waves_[i]) take(targets_[target], outcomes_.at(done_++));
      if (options_.progress)
        options_.progress(done_, targets_.size(), targets_[waves_[i].back()].first().layer);
    }
    result_.module = changes_.empty() ? masked_ : make_changes(numbered_, flat_, changes_, masked_);
    return std::move(result_);
  }

 private:
  static Module& eval(Module& module) {
    module.eval();
    return module;
  }

  void find_targets() {
    MaskedOperators found = masked_operators(flat_, options_.config);
    result_.left = found.left;
    FlatModel trial = flatten(numbered_.module, flat_.method);
    const auto trial_operators = masked_operators(trial, options_.config).operators;
    const auto reasons = refused(numbered_, std::move(trial), trial_operators);
    std::vector<MaskedOperator> operators;
    for (size_t i = 0; i < found.operators.size(); ++i) {
      const auto reason = std::find_if(reasons.begin(), reasons.end(),
                                       [&](const auto& one) { return one.first == i; });
      if (reason == reasons.end())
        operators.push_back(found.operators[i]);
      else
        result_.left.push_back({found.operators[i].layer, reason->second});
    }
    targets_ = targets_of(operators);
  }

  void read(BatchSource& data) {
    data.rewind();
    while (const auto batch = data.next()) {
      std::vector<c10::IValue> inputs = {flat_.module._ivalue()};
      for (auto& argument : fitted_arguments(flat_.module, flat_.method, batch->arguments))
        inputs.push_back(std::move(argument));
      before_.add(inputs);
      after_.add(std::move(inputs));
    }
    result_.batches = static_cast<int64_t>(after_.batches());
    for (size_t batch = 0; batch < after_.batches(); ++batch)
      result_.held_out += holds_out(batch) ? 1 : 0;
    if (options_.config.holdout > 0 && result_.held_out == 0)
      throw Error(ErrorKind::Config, "repair.holdout: " + std::to_string(result_.batches) +
                                         " batches are too few to hold that share of them out");
  }

  bool holds_out(size_t batch) const { return is_held_out(batch, options_.config.holdout); }

  // What one call of a target is asked for in both walks, as places in what they give.
  struct Asked {
    size_t target, call;
    size_t input, wanted;
    bool has_other;  // behind each of the two
  };

  // Solves for what is not known yet; what comes after it needs the values all the same.
  void walk_wave(const std::vector<size_t>& wave, const std::vector<size_t>* next) {
    Values from_masked, from_unmasked;
    std::vector<Asked> asked;
    for (const size_t i : wave)
      for (size_t call = 0; call < targets_[i].calls.size(); ++call)
        asked.push_back(ask(i, call, from_masked, from_unmasked));
    after_.go_to(first_node(wave), from_masked);
    before_.go_to(next == nullptr ? nullptr : unmasked_.twin(first_node(*next)), from_unmasked);
    const bool is_known = outcomes_.size() >= done_ + wave.size();
    std::map<size_t, LayerMoments> moments;
    for (const size_t i : wave) moments.emplace(i, LayerMoments(targets_[i].first()));
    for (size_t batch = 0; batch < after_.batches(); ++batch) {
      const auto was = run(before_, batch), is = run(after_, batch);
      if (is_known) continue;
      for (const auto& one : asked) take_in(one, was, is, holds_out(batch), moments.at(one.target));
    }
    if (is_known) return;
    for (const size_t i : wave) outcomes_.push_back(solve(targets_[i], moments.at(i)));
    if (options_.keep) options_.keep(outcomes_);
  }

  Asked ask(size_t target, size_t call, Values& from_masked, Values& from_unmasked) const {
    const MaskedOperator& masked = targets_[target].calls[call];
    Asked asked{target, call, from_masked.size(), from_unmasked.size(), false};
    from_masked.push_back(masked.node->inputs()[masked.input]);
    from_unmasked.push_back(unmasked_.twin(wanted_value(masked)));
    const auto& residual = targets_[target].residuals[call];
    if (!residual) return asked;
    asked.has_other = true;
    from_masked.push_back(residual->other);
    from_unmasked.push_back(unmasked_.twin(residual->other));
    return asked;
  }

  // The first of those still to come: nothing before it will change.
  Node* first_node(const std::vector<size_t>& wave) const {
    return targets_[wave.front()].first().node;
  }

  static std::vector<c10::IValue> run(Walk& walk, size_t batch) {
    const SameRandomNumbers drawn(batch);
    return walk.run(batch);
  }

  void take_in(const Asked& asked, const std::vector<c10::IValue>& was,
               const std::vector<c10::IValue>& is, bool held_out, LayerMoments& moments) const {
    const Target& target = targets_[asked.target];
    at::Tensor wanted = wanted_output(target.calls[asked.call], was[asked.wanted].toTensor());
    if (asked.has_other)
      wanted =
          with_made_up(wanted, was[asked.wanted + 1].toTensor(), is[asked.input + 1].toTensor(),
                       *target.residuals[asked.call], target.calls[asked.call].window);
    moments.add(is[asked.input].toTensor(), wanted, held_out);
  }

  LayerOutcome solve(const Target& target, const LayerMoments& moments) const {
    const MaskedOperator& masked = target.first();
    try {
      return {solve_layer(masked, moments, options_.config), {}};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Data) throw error.in(layer_text(masked.layer));
      return {{}, error.what()};
    }
  }

  void take(const Target& target, const LayerOutcome& outcome) {
    if (!outcome.left_because.empty())
      return result_.left.push_back({target.first().layer, outcome.left_because});
    result_.layers.push_back(outcome.solved.report);
    if (!outcome.solved.weight.defined()) return;
    const auto device = target.first().weight.device();
    for (const auto& call : target.calls)
      set_parameters(flat_, call, outcome.solved.weight.to(device), outcome.solved.bias.to(device),
                     changes_);
  }

  const RepairOptions& options_;
  Module masked_;
  NumberedModel numbered_;
  FlatModel flat_;
  UnmaskedGraph unmasked_;
  Walk before_, after_;
  std::vector<Target> targets_;
  Waves waves_;
  std::vector<LayerOutcome> outcomes_;  // of targets in the order of the waves
  size_t done_ = 0;                     // of them, what the flat graph has
  Changes changes_;
  Repaired result_;
};

}  // namespace

int64_t repair_bytes(const Session& masked, const RepairOptions& options) {
  return Repair(masked, options).plan();
}

Repaired repair(const Session& masked, BatchSource& data, const RepairOptions& options) {
  return Repair(masked, options).run(data);
}

}  // namespace actsparse
