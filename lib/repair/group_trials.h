#pragma once
// What it costs to mask one group of layers, alone, at one of several levels, with what is left of
// its readers' weights solved for. What comes before the group is run once for all of its levels.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/repair_config.h"
#include "data/batch_source.h"
#include "model/session.h"
#include "repair/repaired_layer.h"

namespace actsparse {

/// Layers that are masked together, and at each level their masks, by FQN.
struct TrialGroup {
  std::vector<std::string> layers;
  std::vector<std::map<std::string, at::Tensor>> levels;
};

class GroupTrials {
 public:
  /// `masked` has a mask in each layer of all groups, whatever it is; its parameters are those of
  /// the unmasked model. The method "none" of `config` solves for nothing. Throws Error(Model) if
  /// it cannot be made one graph.
  GroupTrials(const Session& masked, std::vector<TrialGroup> groups, const RepairConfig& config);
  ~GroupTrials();
  GroupTrials(GroupTrials&&) noexcept;

  /// Solves for the weights that read masks, of each level: those that `config` asks for, from what
  /// enters the layers of the unmasked model. Those held out choose between ridges. `progress` is
  /// told after each batch. Reads `data` to its end as often as memory asks for.
  void fit(BatchSource& data, const std::function<void(int64_t done, int64_t all)>& progress);

  /// Layers that stay as they are, and why.
  const std::vector<LeftLayer>& left() const;

  /// What the model without masks gives for a batch; then, in turn, what each group at each level
  /// gives. `number` seeds random numbers, equal for all. Throws Error(Data) with what an operator
  /// throws.
  void run(const std::vector<c10::IValue>& arguments, uint64_t number,
           const std::function<void(const c10::IValue& output)>& unmasked,
           const std::function<void(size_t group, size_t level, const c10::IValue& output)>& trial)
      const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace actsparse
