#pragma once
// Functions from TorchScript source text, as values that can be called: who calls them needs to
// know nothing of TorchScript's graphs.
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace actsparse {

/// One top-level function. Copies share its code, which lives as long as one of them.
struct CompiledFunction {
  using Keywords = std::unordered_map<std::string, c10::IValue>;

  std::string name;
  c10::FunctionSchema schema;
  /// Throws Error(Function) with the cause of what TorchScript throws; details() is the traceback.
  std::function<c10::IValue(std::vector<c10::IValue> arguments, const Keywords& keywords)> call;
};

/// The functions of `text`, in its order. Throws Error(Function), with `label` and the line, if it
/// does not compile, is nested so deeply that compiling would overflow the stack, has defaults that
/// are no literals, or calls what reaches beyond tensors: files, other processes. From then on
/// integer division in TorchScript throws where it would end the process (guard_division.h).
std::vector<CompiledFunction> compile_source(const std::string& label, const std::string& text);

}  // namespace actsparse
