#pragma once
// The names of what can be registered: layers, and functional uses of modules' parameters.
#include <torch/csrc/jit/api/module.h>

#include <string>

namespace actsparse {

/// The module that a mask of a layer or functional use belongs to.
struct LayerOwner {
  torch::jit::Module module;   ///< the layer, or the module that has the parameter
  std::string parameter = {};  ///< of a functional use: "in_proj_weight"; empty of a layer
  std::string use = {};        ///< of a functional use: the last part of its name, "in_proj"
};

/// Of the layer `name`, or of the functional use of a parameter: "attn.in_proj" of the parameter
/// `in_proj_weight` (or `in_proj`) of 'attn'. Whether any code uses the parameter is not asked.
/// Throws Error(Model) with the nearest names if there is neither.
LayerOwner find_owner(const torch::jit::Module& model, const std::string& name);

/// The last part of a functional use's name: of `in_proj_weight` "in_proj", but the whole name
/// where `owner` has another attribute of the short one.
std::string use_named(const c10::ivalue::Object& owner, const std::string& parameter);

}  // namespace actsparse
