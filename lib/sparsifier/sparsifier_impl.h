#pragma once
// What an ActivationSparsifier holds: for its own source files.
#include <deque>
#include <map>

#include "model/default_input.h"
#include "model/layer_uses.h"
#include "sparsifier/activation_sparsifier.h"
#include "sparsifier/registered_layer.h"

namespace actsparse {

using torch::jit::Module;

struct ActivationSparsifier::Impl {
  Session session;
  FunctionTable functions;
  MergedSettings defaults;
  LayerSettings default_settings;
  std::deque<RegisteredLayer> layers;    // stable addresses: observers refer to them
  std::unique_ptr<ObservedModel> clone;  // what forward() runs; null when the layers have changed
  std::map<std::string, std::string> second_names = {};  // name -> first name of the same instance
  int64_t batch_size = 0;                                // of the last forward; 0: unknown
  DefaultInputs inputs{session};
  LayerUses uses{session};

  /// An instance that stands under several names is registered under its first.
  std::string first_name(const std::string& name) const;
  RegisteredLayer* find(const std::string& name);
  /// Throws Error(Model) if it is not registered.
  RegisteredLayer& require(const std::string& name);
  void add_missing(const FunctionSource& source);
  RegisteredLayer make_layer(LayerRecord record);

  /// The model as its layers see it: with the masks that are attached.
  Session masked_model() const;
  void build_clone();
  static std::vector<ObserverSite> observers_of(std::deque<RegisteredLayer>& layers);
  std::deque<RegisteredLayer> copy_layers() const;
  /// Runs `batch` through the fast clone into `trial` and compares; without a reason both are taken
  /// over.
  FastTrial try_fast_clone(std::deque<RegisteredLayer>& trial,
                           const std::vector<c10::IValue>& batch, double tolerance);
};

}  // namespace actsparse
