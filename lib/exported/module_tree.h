#pragma once
#include <torch/csrc/jit/api/module.h>

#include "exported/archive.h"
#include "exported/call_tree.h"
#include "exported/program.h"

namespace actsparse::exported {

/// Modules with their parameters and buffers, without methods yet.
class ModuleTree {
 public:
  /// One module for each FQN of the program, of the class that `calls` name (else "Module").
  /// Throws std::runtime_error: the archive lacks a tensor that the program names.
  ModuleTree(const Program& program, const Archive& archive, const Call& calls);

  torch::jit::Module& module(const std::string& fqn) { return modules_.at(fqn); }

  /// The way from module `fqn` to the tensor of placeholder `name`, by names of attributes; empty:
  /// it does not lie below that module under any of its names, or it is a constant.
  std::vector<std::string> path_to(const std::string& name, const std::string& fqn) const;
  bool is_attribute(const std::string& name) const { return places_.count(name) > 0; }
  /// A constant of the program: defined if `name` is one.
  at::Tensor constant(const std::string& name) const;

 private:
  void add_module(const std::string& fqn, const std::string& type);
  void add_tensor(const std::string& fqn, const at::Tensor& tensor, bool is_parameter,
                  bool is_persistent);

  std::shared_ptr<torch::jit::CompilationUnit> unit_;
  std::map<std::string, torch::jit::Module> modules_;       // by FQN
  std::map<std::string, std::vector<std::string>> places_;  // FQNs of a placeholder's tensor
  std::map<std::string, at::Tensor> constants_;             // by placeholder
};

/// "a" and "b.c" of "a.b.c" are its parent and name: splits at the last dot.
std::pair<std::string, std::string> split_fqn(const std::string& fqn);
std::vector<std::string> parts_of(const std::string& fqn);

}  // namespace actsparse::exported
