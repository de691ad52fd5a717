#pragma once
// What a model that learns from another one is told besides the answers: the residual sums between
// its layers (hints, Romero et al. 2014, arXiv 1412.6550). They keep a few samples from being
// learned by heart.
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>
#include <vector>

#include "repair/partial_graph.h"

namespace actsparse {

class Hints {
 public:
  /// Of models in eval mode with the same layers; both must outlive it. `student` may have masks
  /// and other parameters. Sums of which masks take channels are hints only if `even_masked`: they
  /// ask for what nobody reads. Throws Error(Model) if one of them cannot be made one graph.
  Hints(const torch::jit::Module& teacher, const torch::jit::Module& student,
        const std::string& method, bool even_masked);

  /// Whether there are such sums, which both have.
  bool has_any() const { return student_graph_ != nullptr; }

  /// What the student returns and its sums, with autograd on its parameters if it is on.
  struct Answer {
    c10::IValue returned;
    std::vector<at::Tensor> sums;
  };
  Answer student(const std::vector<c10::IValue>& arguments) const;
  /// The same of the teacher, without autograd; its sums are in the same order.
  Answer teacher(const std::vector<c10::IValue>& arguments) const;

 private:
  torch::jit::Module teacher_, student_;
  std::vector<std::string> parameters_;  // of the student, as the graph is given them
  std::unique_ptr<PartialGraph> teacher_graph_, student_graph_;
};

}  // namespace actsparse
