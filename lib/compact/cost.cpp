#include "compact/cost.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <map>

#include "compact/nodes.h"
#include "compact/tensor_memory.h"

namespace actsparse {
namespace {

// Elements of tensors of one storage. A view with gaps has fewer than lie between its ends.
int64_t count_elements(const std::vector<at::Tensor>& tensors) {
  int64_t sum = 0;
  for (const auto& tensor : tensors) sum += tensor.numel();
  const auto size = static_cast<int64_t>(tensors.front().element_size());
  return std::min(sum, MemoryRegions(tensors).bytes() / size);
}

class Storages {
 public:
  void add(const c10::IValue& value) {
    for_each_tensor(value, [&](const at::Tensor& tensor) {
      const bool has_storage = tensor.has_storage() && tensor.layout() == at::kStrided;
      bytes_[place_of(tensor).storage] =
          has_storage ? static_cast<int64_t>(tensor.storage().nbytes())
                      : tensor.numel() * static_cast<int64_t>(tensor.element_size());
    });
  }
  int64_t bytes() const {
    int64_t sum = 0;
    for (const auto& [storage, bytes] : bytes_) sum += bytes;
    return sum;
  }

 private:
  std::map<const void*, int64_t> bytes_;
};

}  // namespace

int64_t count_parameters(const torch::jit::Module& model) {
  std::map<const void*, std::vector<at::Tensor>> by_storage;
  for (const auto& parameter : model.parameters())
    by_storage[place_of(parameter).storage].push_back(parameter);
  int64_t sum = 0;
  for (const auto& [storage, tensors] : by_storage) sum += count_elements(tensors);
  return sum;
}

int64_t stored_bytes(const torch::jit::Module& model) {
  Storages storages;
  storages.add(model._ivalue());
  for (const torch::jit::Module& module : model.modules())
    for (const auto& method : module.get_methods())
      for_each_node(*torch::jit::toGraphFunction(method.function()).graph()->block(),
                    [&](const torch::jit::Node& node) {
                      if (node.kind() != c10::prim::Constant || node.outputs().size() != 1) return;
                      if (const auto value = torch::jit::toIValue(node.output()))
                        storages.add(*value);
                    });
  return storages.bytes();
}

}  // namespace actsparse
