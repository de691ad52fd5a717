#include "model/run_clone.h"

#include <ATen/Context.h>

#include "model/own_types.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

at::Generator cpu_generator() { return at::globalContext().defaultGenerator(at::kCPU); }

}  // namespace

SameRandomNumbers::SameRandomNumbers(uint64_t seed) : before_(cpu_generator().get_state()) {
  at::manual_seed(seed);
}

SameRandomNumbers::~SameRandomNumbers() { cpu_generator().set_state(before_); }

c10::IValue run_clone(const Session& session, const std::vector<c10::IValue>& arguments) {
  torch::jit::Module clone = clone_with_own_types(session.model, {});
  clone.train(session.training);
  std::vector<c10::IValue> untouched;
  for (const auto& argument : arguments) untouched.push_back(argument.deepcopy());
  const SameRandomNumbers drawn;
  return run_method(clone, session.method, untouched);
}

}  // namespace actsparse
