#pragma once
// A model run on the side, in the same way each time: for whoever compares what models give.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/session.h"

namespace actsparse {

/// From here to the end of the scope LibTorch draws the random numbers of `seed`; after it, on the
/// CPU, those that it would have drawn.
class SameRandomNumbers {
 public:
  explicit SameRandomNumbers(uint64_t seed = 0);
  ~SameRandomNumbers();
  SameRandomNumbers(const SameRandomNumbers&) = delete;
  SameRandomNumbers& operator=(const SameRandomNumbers&) = delete;

 private:
  at::Tensor before_;
};

/// What the session's method returns in a clone of its model, in its mode and with the same random
/// numbers each time; model and arguments are left untouched. Throws run_method()'s errors.
c10::IValue run_clone(const Session& session, const std::vector<c10::IValue>& arguments);

}  // namespace actsparse
