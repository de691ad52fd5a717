#pragma once
// Where code reads a layer's weight, or a parameter of a module that is no layer, without a call: a
// functional use.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "model/known_value.h"

namespace actsparse {

/// One operator that contracts an activation with a parameter.
struct FunctionalUse {
  /// The FQN of the layer whose `weight` it is, or of a parameter of another name that parameter's
  /// without "_weight": "encoder.attn.in_proj" of `in_proj_weight`.
  std::string layer;
  std::string type;        ///< "Linear (functional)"
  ObjectPtr owner;         ///< the module that has the parameter
  std::string owner_name;  ///< its FQN
  std::string parameter;
  std::string reader;                    ///< FQN of the module whose code has the operator
  std::string method;                    ///< of `reader`
  std::vector<torch::jit::Node*> calls;  ///< of functions, from the method down to the operator
  torch::jit::Node* node = nullptr;      ///< the operator
  size_t input = 0;                      ///< which of its inputs is the activation
  int64_t channel_dim = -1;              ///< the contracted dimension of it; 0: the kernel's rank
                                         ///< tells it
  AttributePath owner_path = {};         ///< in the method
  WeightForm form = WeightForm::AsIs;    ///< AsIs: the parameter is [outputs, inputs, ...]
  std::string obstacle = {};             ///< why it cannot be observed; mostly empty

  /// "aten::linear in 'encoder.attn'"
  std::string place() const;
};

/// All that `method` of `model` can reach, in the order of the code; also in functions and in
/// branches that may not be taken. A parameter is followed through attributes, arguments, views,
/// transposes, casts, chunks and slices. Left out: the operator inside a layer's own forward, whose
/// weight is named `weight`, and weights of layers that the model also calls: there the call is the
/// use.
std::vector<FunctionalUse> functional_uses(const torch::jit::Module& model,
                                           const std::string& method);

}  // namespace actsparse
