#pragma once
// How a layer is entered: by calls of its methods, and by functional uses of its weight.
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/functional_uses.h"
#include "model/session.h"
#include "record/site.h"

namespace actsparse {

/// One way to enter a layer: the tensor that enters, and the code that reads it as the layer's
/// input. The graph is shared with the model, so that it can be edited.
struct LayerUse {
  std::string name;  ///< "forward", or "aten::linear in 'attn'"
  std::shared_ptr<torch::jit::Graph> graph;
  torch::jit::Value* input;
  /// Of a functional use the node that reads `input`: the operator, or the first multiplication by
  /// a mask or a gate in front of it. Null of a call: there everything in the graph reads it.
  torch::jit::Node* reader = nullptr;
  torch::jit::Node* magnitudes = nullptr;  ///< where the reader is a gate's product the gate's abs,
                                           ///< which reads `input`, too
  size_t place = 0;                        ///< of `input` among the reader's inputs
  AttributePath owner = {};                ///< of the layer, which holds the masks, in the graph
  const FunctionalUse* functional = nullptr;  ///< owned by the LayerUses it came from

  /// Nodes that work on the input go before this one.
  torch::jit::Node* start() const;
  /// The layer, read at the insert point.
  torch::jit::Value* insert_owner() const;
  /// From `node` on, one of those before start(), the layer reads its output in place of the input.
  void read_instead(torch::jit::Node* node) const;
};

/// The uses of the layers of one model, whose code is read when the first is asked for.
class LayerUses {
 public:
  LayerUses(const torch::jit::Module& model, std::string method)
      : model_(model), method_(std::move(method)) {}
  /// Of a session's model as observers and masks see it: on the slow path (slow_path.h).
  explicit LayerUses(const Session& session);

  /// All calls and functional uses of the layer. Throws Error(Model), as call_methods() does, if
  /// there is none, or one that cannot be observed.
  std::vector<LayerUse> of(const Site& site) const;

  const std::vector<FunctionalUse>& functional() const;
  /// Whether anything can enter the layer: it has a call method, or a functional use.
  bool has_any(const std::string& layer) const;
  /// The class of the layer, or of a functional use of a parameter "Linear (functional)".
  std::string type_of(const std::string& layer) const;
  const torch::jit::Module& model() const { return model_; }

 private:
  torch::jit::Module model_;
  std::string method_;
  mutable std::optional<std::vector<FunctionalUse>> functional_;
};

/// Those of `layers` that a fast path hides (slow_path.h): they are inside a module that has one.
std::vector<std::string> hidden_layers(const torch::jit::Module& model,
                                       const std::vector<std::string>& layers);

/// clone_with_own_types() of the layers and of the modules whose code uses their weights, in which
/// that code is in the modules' own methods: calls of functions that lead to it are inlined. If any
/// layer is hidden by a fast path, the clone takes the slow one.
torch::jit::Module clone_with_own_uses(const Session& session,
                                       const std::vector<std::string>& layers);

}  // namespace actsparse
