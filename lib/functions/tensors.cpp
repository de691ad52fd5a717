#include "functions/tensors.h"

#include <ATen/ops/abs.h>
#include <c10/util/StringUtil.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>

namespace actsparse {

std::string shape_text(at::IntArrayRef sizes) { return c10::str(sizes); }

std::string dtype_name(at::ScalarType dtype) {
  static const std::map<at::ScalarType, const char*> names = {{at::kFloat, "float32"},
                                                              {at::kDouble, "float64"},
                                                              {at::kHalf, "float16"},
                                                              {at::kBFloat16, "bfloat16"},
                                                              {at::kLong, "int64"},
                                                              {at::kInt, "int32"},
                                                              {at::kShort, "int16"},
                                                              {at::kChar, "int8"},
                                                              {at::kByte, "uint8"},
                                                              {at::kBool, "bool"},
                                                              {at::kComplexFloat, "complex64"},
                                                              {at::kComplexDouble, "complex128"}};
  const auto found = names.find(dtype);
  return found == names.end() ? c10::toString(dtype) : found->second;
}

// int64 because torch has no abs of bool, and |-128| does not fit int8.
at::Tensor magnitudes(const at::Tensor& tensor) {
  const bool integral = at::isIntegralType(tensor.scalar_type(), /*includeBool=*/true);
  return at::abs(integral ? tensor.to(at::kLong) : tensor);
}

int64_t wrapped_dim(int64_t dim, const at::Tensor& tensor) {
  const int64_t dims = std::max<int64_t>(tensor.dim(), 1);
  if (dim < -dims || dim >= dims)
    throw Error(ErrorKind::Function,
                fmt::format("dim {} is out of range for a tensor of shape {}; allowed {} to {}",
                            dim, shape_text(tensor.sizes()), -dims, dims - 1));
  return dim < 0 ? dim + dims : dim;
}

}  // namespace actsparse
