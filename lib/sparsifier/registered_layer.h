#pragma once
// A layer while it is being calibrated: its record, and the live aggregates behind record.data.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "functions/functions.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

class RegisteredLayer {
 public:
  /// Looks up all functions, so that what is wrong with them is found now. Throws Error(Config).
  RegisteredLayer(LayerRecord record, const FunctionTable& functions);

  /// Takes in one call's input: the whole, or each feature's slice. Throws Error(Data),
  /// Error(Config) for a feature that is out of range, Error(Model) for a tensor that cannot be
  /// observed; all name layer and call.
  void observe(const at::Tensor& input);

  /// The record with the raw data as it stands now (shared, not copied).
  LayerRecord record() const;
  /// The same without accumulators: it costs nothing.
  const LayerRecord& summary() const { return record_; }
  /// The value() of all accumulators, features one after the other; empty before the first call.
  std::vector<at::Tensor> values() const;

  void set_gate(std::optional<Gate> gate) { record_.gate = std::move(gate); }
  void set_channels(LayerChannels channels) { record_.channels = std::move(channels); }
  void set_hook_state(HookState state) { record_.hook_state = state; }
  /// Drops the data: the next call starts from zeros.
  void reset_data();

 private:
  /// A named accumulator while it runs.
  struct Live {
    AggregateFn make;
    std::vector<std::unique_ptr<Aggregate>> parts;  // one, or one per feature; empty: no call yet
  };

  void restore(const Accumulators& kept);
  void start();
  void aggregate(const at::Tensor& input);

  LayerRecord record_;  // its accumulators stay empty: aggregates_ hold them
  std::map<std::string, Live> aggregates_;
  bool started_ = false;
};

}  // namespace actsparse
