#pragma once
// What the buffers that hold masks are called: "activation_mask" of a layer,
// "in_proj_activation_mask" of a functional use of a module's parameter; the second mask of either
// ends in "_1". A gate that looks at its input has an "activation_threshold" in its place, and
// perhaps "activation_factors"; masks and gates are counted together.
#include <string>

namespace actsparse {

constexpr const char* kMaskBuffer = "activation_mask";
constexpr const char* kThresholdBuffer = "activation_threshold";
constexpr const char* kFactorsBuffer = "activation_factors";

/// `use`: the last part of a functional use's name ("in_proj"), empty for a layer.
std::string mask_name(const std::string& use, int number, const std::string& kind = kMaskBuffer);

/// Whether an attribute's name is one that mask_name() gives.
bool is_mask_name(const std::string& name, const std::string& kind = kMaskBuffer);

/// The layer or functional use whose mask, or gate's threshold, stands at `path`: "a.fc" of
/// "a.fc.activation_mask", "a.in_proj" of "a.in_proj_activation_mask".
std::string layer_of_mask(const std::string& path);

}  // namespace actsparse
