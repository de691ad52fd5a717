#pragma once
// A model and how it is called.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <utility>

namespace actsparse {

struct Session {
  torch::jit::Module model;
  std::string method = "forward";
  bool training = false;      ///< the mode it runs in
  std::string device = "cpu";  ///< what load_model() puts models on: "cpu", "cuda", "cuda:1"

  /// Another model that is called in the same way.
  Session with(torch::jit::Module other) const {
    return {std::move(other), method, training, device};
  }
};

}  // namespace actsparse
