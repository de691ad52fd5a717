#pragma once
// A model and how it is called.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <utility>

namespace actsparse {

struct Session {
  /// A model alone is a session, too: of its forward, in eval mode.
  Session(const torch::jit::Module& called, std::string its_method = "forward",
          bool in_training = false, std::string its_device = "cpu")
      : model(called),
        method(std::move(its_method)),
        training(in_training),
        device(std::move(its_device)) {}

  torch::jit::Module model;
  std::string method;
  bool training;       ///< the mode it runs in, where a function does not say that it is eval
  std::string device;  ///< what load_model() puts models on: "cpu", "cuda", "cuda:1"

  /// Another model that is called in the same way.
  Session with(const torch::jit::Module& other) const { return {other, method, training, device}; }
};

inline Session in_eval_mode(const Session& session) {
  return {session.model, session.method, false, session.device};
}

}  // namespace actsparse
