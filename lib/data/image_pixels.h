#pragma once
// What image decoders give, and what they say when they cannot.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stdexcept>

namespace actsparse {

struct ImageSize {
  int64_t height = 0, width = 0;
};

/// The decoder's own words; the file is not named yet.
class DecodingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// uint8 [height, width, channels]: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
using ImagePixels = at::Tensor;

}  // namespace actsparse
