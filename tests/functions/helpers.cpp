#include "functions/helpers.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>
#include <random>

namespace actsparse {

at::Tensor tensor_of(const std::vector<double>& values, std::vector<int64_t> sizes,
                     at::ScalarType dtype) {
  if (sizes.empty()) sizes = {static_cast<int64_t>(values.size())};
  auto* data = const_cast<double*>(values.data());
  return at::from_blob(data, sizes, at::kDouble).to(dtype, false, /*copy=*/true);
}

at::Tensor ints_of(const std::vector<int64_t>& values, at::ScalarType dtype) {
  auto* data = const_cast<int64_t*>(values.data());
  return at::from_blob(data, {static_cast<int64_t>(values.size())}, at::kLong)
      .to(dtype, false, /*copy=*/true);
}

at::Tensor random_tensor(const std::vector<int64_t>& sizes, unsigned seed) {
  at::Tensor tensor = at::empty(sizes);
  std::mt19937 generator(seed);
  for (int64_t i = 0; i < tensor.numel(); ++i)
    tensor.data_ptr<float>()[i] = static_cast<float>(generator()) / 2147483648.0F - 1.0F;
  return tensor;
}

at::Tensor tied_tensor(const std::vector<int64_t>& sizes, unsigned seed) {
  at::Tensor tensor = at::empty(sizes);
  std::mt19937 generator(seed);
  for (int64_t i = 0; i < tensor.numel(); ++i)
    tensor.data_ptr<float>()[i] = static_cast<float>(generator() % 7) - 3.0F;
  return tensor;
}

std::vector<double> flat(const at::Tensor& tensor) {
  const at::Tensor copy = tensor.to(at::kDouble).contiguous();
  return {copy.data_ptr<double>(), copy.data_ptr<double>() + copy.numel()};
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const at::Tensor left = a.contiguous(), right = b.contiguous();
  if (left.nbytes() == 0) return true;  // no data pointer, which memcmp must not see
  return std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

FunctionConfig named(const std::string& name, const nlohmann::json& parameters,
                     const std::string& path) {
  FunctionConfig config;
  config.name = name;
  config.parameters = parameters;
  config.path = path;
  return config;
}

std::unique_ptr<Aggregate> aggregate_of(const std::string& name, const nlohmann::json& parameters) {
  return FunctionTable().aggregate(named(name, parameters))();
}

at::Tensor mask_of(const std::string& name, const nlohmann::json& sparse_config,
                   const at::Tensor& x) {
  return FunctionTable().mask(named(name), sparse_config, "layers.0.sparse_config")(x);
}

at::Tensor reduced(const std::string& name, const nlohmann::json& parameters, const at::Tensor& x) {
  return FunctionTable().reduce(named(name, parameters))(x);
}

}  // namespace actsparse
