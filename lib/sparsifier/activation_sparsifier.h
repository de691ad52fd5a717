#pragma once
// PyTorch's ActivationSparsifier (torch.ao.pruning._experimental) for TorchScript models, item by
// item (docs/reference.md lists where it differs on purpose):
//
//   ActivationSparsifier sparsifier(model, functions, defaults);
//   sparsifier.register_layer("conv1", overrides);
//   for (batch) sparsifier.forward(batch);       // aggregates what enters the registered layers
//   sparsifier.step();                           // mask = mask_fn(reduce_fn(aggregate))
//   torch::jit::Module masked = sparsifier.squash_mask();
//
// Not thread safe.
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "functions/functions.h"
#include "model/insert_observers.h"
#include "model/session.h"
#include "sparsifier/choose.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

class ActivationSparsifier {
 public:
  /// The session's model is shared, never changed: forward() runs its method on clones, in its
  /// mode. Nothing in `defaults` is checked before a layer is registered.
  explicit ActivationSparsifier(const Session& session, FunctionTable functions = {},
                                const LayerSettings& defaults = {});
  ~ActivationSparsifier();
  ActivationSparsifier(ActivationSparsifier&&) noexcept;

  /// `overrides` go over the defaults key by key. `input` is the argument that is observed and
  /// masked, by default the first that holds activations (model/default_input.h). Everything is
  /// checked first: a bad registration changes nothing. Returns true if the layer was registered
  /// before: it starts anew with the new settings. Throws Error(Model) if the layer does not exist
  /// or cannot be observed, Error(Config) if a function is missing or unknown or features lack
  /// feature_dim.
  bool register_layer(const std::string& name, const LayerSettings& overrides = {},
                      const std::optional<InputSelector>& input = {});
  bool register_layer(const torch::jit::Module& layer, const LayerSettings& overrides = {},
                      const std::optional<InputSelector>& input = {});

  /// Before step(): ones of the input's full shape; afterwards what mask_fn returned, in the
  /// input's dtype, on the device it was made on (a loaded state's: the CPU); a list with features.
  /// Throws Error(Model) for a layer that is not registered, was not called yet, or whose gate
  /// looks at its input.
  TensorOrList get_mask(const std::string& name) const;
  TensorOrList get_mask(const torch::jit::Module& layer) const;

  /// Throws Error(Model) if it is not registered; nothing changes then.
  void unregister_layer(const std::string& name);

  /// Runs the model. Layers in state Aggregate take in what enters them (every call), layers in
  /// state Sparsify are masked. Throws Error(Data) if the model or an aggregate rejects the input.
  c10::IValue forward(const std::vector<c10::IValue>& arguments);

  /// In place of the first forward(): runs `batch` through the model as it is and through its fast
  /// clone (model/fast_clone.h), each into the layers' data as it was. If every layer was called
  /// equally often and no aggregate differs by more than `tolerance` (relative to its largest
  /// element), the fast clone's data is kept, and it is what forward() runs until a layer is
  /// registered or unregistered or the masks are attached: forward() then returns an empty list.
  /// Otherwise all is as after forward(batch). Throws forward()'s errors.
  FastTrial use_fast_clone(const std::vector<c10::IValue>& batch, double tolerance);

  /// Goes on as after an accepted use_fast_clone() whose data the layers hold: forward() runs the
  /// fast clone. `arguments` describe the batch that it was accepted on: weights are packed for its
  /// shapes. Throws fast_clone()'s errors.
  void resume_fast_clone(const std::vector<ArgumentRecord>& arguments);

  /// What the model has written into itself since the first forward(); for another process that
  /// goes on from there.
  Attributes model_changes() const;
  /// Throws Error(State) if they are not this model's.
  void set_model_changes(const Attributes& attributes);

  /// Finds how the channels of the registered layers belong together (compact/channel_groups.h):
  /// step() needs it if a layer is aligned. `batches` differ in size. Throws channel_groups()'s
  /// errors.
  void find_channels(const std::vector<std::vector<c10::IValue>>& batches);

  /// The samples of a calibration batch, for step(), which refuses masks that are bound to them;
  /// 0: the model takes no other number, so that masks may be. Without it (and after each
  /// forward()) it is the size in dimension 0 of the first argument that has one.
  void set_samples(int64_t samples);

  /// compute_masks over all layers. Does nothing without layers.
  std::vector<LayerWarning> step();

  /// The masked model: a clone with one buffer and one multiplication per layer. With
  /// `attach_sparsify_hook` later forward()s are masked too (state Sparsify), else the layers stop
  /// aggregating (None) and the clone is unmasked. Drops data that was not stepped. Throws
  /// get_mask's error for a layer never called.
  torch::jit::Module squash_mask(bool attach_sparsify_hook = true);

  /// A snapshot; meta is left empty but for method, mode and function sources.
  StateDict state_dict() const;
  /// Replaces all layers and the defaults by the state's; also attaches what their hook states ask
  /// for. The state may be of a fresh process: functions are looked up by name, user functions
  /// compiled from the sources in it. Throws Error(Model) if the model lacks a layer; nothing
  /// changes then.
  void load_state_dict(const StateDict& state);

  /// The reference's __repr__.
  std::string to_string() const;

  /// Settings and progress of the registered layers, in registration order. What elementwise
  /// aggregates keep and masks are shared, not copied; streaming statistics are written out.
  std::vector<LayerRecord> layers() const;
  const FunctionTable& functions() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace actsparse
