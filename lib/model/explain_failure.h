#pragma once
// Why a model fails on its data, in words that say what to change: a wrong dtype, a missing
// dimension, channels in another place. LibTorch's own texts differ from version to version: what
// is read off them is their kind and the dtypes, sizes and numbers they name; the rest comes from
// the inputs and the model's weights.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace actsparse {

struct NamedInput {
  std::string name;  ///< the method's name for it: "x", "xs[0]"
  at::Tensor tensor;
  bool is_element =
      false;  ///< of a list or tuple: whether it has a dimension of samples is unknown
};

/// "input 'x' is uint8 [32, 3, 28, 28], but the model wants float32 there: ..."; "" where nothing
/// is recognised. `cause` is torchscript_cause().
std::string explain_failure(const std::string& cause, const torch::jit::Module& module,
                            const std::vector<NamedInput>& inputs);

/// Its parts.
std::string explain_dtype(const std::string& cause, const torch::jit::Module& module,
                          const std::vector<NamedInput>& inputs);
std::string explain_shape(const std::string& cause, const torch::jit::Module& module,
                          const std::vector<NamedInput>& inputs);

/// "input 'x' is uint8 [32, 3, 28, 28], but the model wants "
std::string input_text(const NamedInput& input);

}  // namespace actsparse
