#pragma once
// Small tensors and calls for the tests of functions.
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "functions/functions.h"

namespace actsparse {

/// A tensor with these values; sizes default to one dimension.
at::Tensor tensor_of(const std::vector<double>& values, std::vector<int64_t> sizes = {},
                     at::ScalarType dtype = at::kFloat);
at::Tensor ints_of(const std::vector<int64_t>& values, at::ScalarType dtype = at::kLong);

/// float32 in [-1, 1).
at::Tensor random_tensor(const std::vector<int64_t>& sizes, unsigned seed);
/// Few different values, so that many |x| are equal.
at::Tensor tied_tensor(const std::vector<int64_t>& sizes, unsigned seed);

/// In row-major order.
std::vector<double> flat(const at::Tensor& tensor);
/// Same dtype, sizes and bits (so -0 is not 0).
bool same_bits(const at::Tensor& a, const at::Tensor& b);

FunctionConfig named(const std::string& name,
                     const nlohmann::json& parameters = nlohmann::json::object(),
                     const std::string& path = "defaults.fn");

std::unique_ptr<Aggregate> aggregate_of(
    const std::string& name, const nlohmann::json& parameters = nlohmann::json::object());
/// The built-in mask_fn `name` of `x`.
at::Tensor mask_of(const std::string& name, const nlohmann::json& sparse_config,
                   const at::Tensor& x);
/// The built-in reduce_fn `name` of `x`.
at::Tensor reduced(const std::string& name, const nlohmann::json& parameters, const at::Tensor& x);

}  // namespace actsparse
