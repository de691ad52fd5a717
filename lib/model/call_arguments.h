#pragma once
// What the code of a model hands to the methods of its layers.
#include <torch/csrc/jit/api/module.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace actsparse {

/// An argument over all calls of a method. It varies if what enters the model can change it; if
/// not, it is a parameter, a buffer, a constant, or made of these alone: that is how the tracer
/// gives layers the weights that they share.
struct CallArgument {
  bool varies = false;
  std::set<std::string> attributes;  ///< that a fixed one is made of: "encoder.weight"
};

/// By instance and method: its arguments, self first. Methods that nothing calls are missing.
using CallArguments =
    std::map<std::pair<const c10::ivalue::Object*, std::string>, std::vector<CallArgument>>;

/// Read off the graphs, from all methods of `model` on, without running them. What a fork, a loop
/// or an attribute that the model writes carries is followed; random numbers vary.
CallArguments call_arguments(const torch::jit::Module& model);

}  // namespace actsparse
