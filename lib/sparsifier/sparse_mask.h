#pragma once
// Masks in state files: the parts of a sparse COO tensor, since Python's and LibTorch's pickles of
// whole ones differ.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace actsparse {

/// {"indices": int64 [dims, kept], "values": [kept], "size": [int]} of a dense tensor of any dtype,
/// also 0-d and bool.
c10::IValue sparse_parts(const at::Tensor& dense);

/// The dense tensor, dtype kept. Throws Error(State) if the parts do not fit together.
at::Tensor dense_mask(const c10::IValue& parts);

}  // namespace actsparse
