#pragma once
#include <string>
#include <vector>

namespace actsparse {

/// One of each kind, in the order of the first ones, with how many more there are: a model of 200
/// layers may say the same of each. Warnings are of a kind if they differ in numbers and in what
/// stands in quotes only.
std::vector<std::string> group_warnings(const std::vector<std::string>& warnings);

}  // namespace actsparse
