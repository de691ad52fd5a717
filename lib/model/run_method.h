#pragma once
// Calling a method of a TorchScript module with plain arguments.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace actsparse {

/// Runs without autograd and without the graph executor's optimizations. Constants are fitted to
/// the schema (int to float, number to scalar tensor, lists to typed lists) and tensors moved to
/// `module`'s device. Where the method takes one list or tuple, and nothing else without a default,
/// and `arguments` are tensors, they are its elements. Throws Error(Data) if number or type of the
/// arguments do not fit the schema (naming argument, found and wanted type) or the model rejects
/// them; the message is what explain_failure() knows, else the innermost cause of a TorchScript
/// traceback; details() is the whole.
c10::IValue run_method(torch::jit::Module& module, const std::string& method,
                       const std::vector<c10::IValue>& arguments);

/// What run_method() calls the method with: the arguments fitted, and defaults for those that are
/// not given; without the module itself. Throws Error(Data) as it does.
std::vector<c10::IValue> fitted_arguments(const torch::jit::Module& module,
                                          const std::string& method,
                                          const std::vector<c10::IValue>& arguments);

/// The sentence that says why, out of a TorchScript traceback.
std::string torchscript_cause(const std::string& traceback);

}  // namespace actsparse
