#include "compact/cost.h"

namespace actsparse {

int64_t count_parameters(const torch::jit::Module& model) {
  int64_t sum = 0;
  for (const auto& parameter : model.parameters()) sum += parameter.numel();
  return sum;
}

}  // namespace actsparse
