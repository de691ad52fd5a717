#pragma once
// The layers of a TorchScript model: its submodules, by fully qualified name (FQN).
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace actsparse {

/// One submodule. The root comes first, with the name "".
struct Layer {
  std::string name;  ///< FQN: attribute names joined by dots
  std::string type;  ///< class name as written in Python: "Conv2d"
  std::string
      qualified_type;  ///< TorchScript's whole name: "__torch__.torch.nn.modules.conv.Conv2d"
  std::string
      same_as;  ///< FQN of the first appearance, if this instance stands under several names
  torch::jit::Module module;    ///< shares the model's object
  std::string parameter = {};   ///< of a functional use that is no layer (registrable_layers.h)
  std::string functional = {};  ///< the operators that use the weight without a call:
                                ///< "aten::linear in 'attn'"
};

/// All submodules, depth first, in the order of their attributes.
std::vector<Layer> list_layers(const torch::jit::Module& model);

/// The submodule at `name` ("" is the model). Throws Error(Model) with the nearest names if there
/// is none.
torch::jit::Module find_layer(const torch::jit::Module& model, const std::string& name);

/// The FQN under which `layer` is met first, by identity. Throws Error(Model) if it is not part of
/// `model`.
std::string layer_name(const torch::jit::Module& model, const torch::jit::Module& layer);

/// "Conv2d" of "__torch__.torch.nn.modules.conv.___torch_mangle_7.Conv2d".
std::string short_type(const std::string& qualified_type);

}  // namespace actsparse
