#include "compact/nets.h"

#include <cstdlib>

#include "compact/compare.h"
#include "support/catch.h"
#include "support/models.h"

namespace actsparse {
namespace {

using torch::jit::Module;

std::vector<c10::IValue> batch(int64_t samples, const std::vector<int64_t>& sample) {
  std::vector<int64_t> sizes = {samples};
  sizes.insert(sizes.end(), sample.begin(), sample.end());
  return {normal(sizes, 100 + samples)};
}

uint64_t number_in(const char* variable, uint64_t usual) {
  const char* asked = std::getenv(variable);
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : usual;
}

}  // namespace

Module net(const std::string& body, const Tensors& tensors, const Layers& layers,
           const std::string& arguments) {
  Module module("__torch__.Net");
  module.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& [name, layer] : layers) module.register_module(name, layer);
  for (const auto& [name, tensor] : tensors)
    module.register_parameter(name, tensor, name.find("mask") != std::string::npos);
  module.define("def forward(self, " + arguments + ") -> Tensor:\n" + body);
  return module;
}

at::Tensor weight(const std::vector<int64_t>& sizes, uint64_t seed) {
  uint64_t number = seed;
  for (const int64_t size : sizes) number = number * 31 + static_cast<uint64_t>(size);
  return normal(sizes, number);
}

at::Tensor mask(int64_t channels, const std::vector<int64_t>& dropped, int64_t trailing) {
  at::Tensor ones = tensor1d(std::vector<double>(channels, 1)).to(at::kFloat);
  for (const int64_t channel : dropped) ones[channel] = 0;
  std::vector<int64_t> shape(trailing + 1, 1);
  shape[0] = channels;
  return ones.view(shape);
}

Compacted compacted(const Module& masked, const std::vector<int64_t>& sample,
                    const CompactOptions& options) {
  Compacted result = compact(masked, {batch(2, sample), batch(3, sample)}, options);
  const Module small = reloaded(result.module);
  for (const int64_t samples : {2, 3, 5})
    CHECK(compare_outputs(masked, small, batch(samples, sample)).relative < 1e-5);
  return result;
}

Seeds seeds_to_try(uint64_t usual) {
  const uint64_t first = number_in("ACTSPARSE_FIRST_NET", 1);
  return {first, first + number_in("ACTSPARSE_NETS", usual) - 1};
}

Shapes shapes(const Module& module) {
  Shapes found;
  for (const auto& entry : module.named_parameters()) found[entry.name] = entry.value.sizes().vec();
  for (const auto& entry : module.named_buffers()) found[entry.name] = entry.value.sizes().vec();
  return found;
}

}  // namespace actsparse
