#pragma once
// Programs of torch.export as TorchScript modules: their submodules under their names, each call of
// a module a method of it ("forward", "forward1", ...), as scripting would have made them.
#include <torch/csrc/jit/api/module.h>

#include "exported/archive.h"

namespace actsparse::exported {

struct Imported {
  torch::jit::Module module;
  std::vector<std::string> warnings;
};

/// Parameters and buffers are those of `archive`, not copied. Throws Error(Model): what cannot be
/// taken, by name.
Imported import_program(const Archive& archive);

}  // namespace actsparse::exported
