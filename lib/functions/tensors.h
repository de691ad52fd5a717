#pragma once
// What the functions share about tensors.
#include <ATen/core/Tensor.h>

#include <string>

#include "base/error.h"

namespace actsparse {

std::string shape_text(at::IntArrayRef sizes);    // "[16, 3]"
std::string dtype_name(at::ScalarType dtype);     // torch's name: "float32"
at::Tensor magnitudes(const at::Tensor& tensor);  // |x|; of integers and bool in int64

/// `dim` counted from 0; a 0-d tensor counts as one of shape [1], as in torch. Throws
/// Error(Function) naming the shape if there is no such dimension.
int64_t wrapped_dim(int64_t dim, const at::Tensor& tensor);

/// Runs `call`; whatever it throws becomes an Error(Function) that starts with `name`.
template <class Call>
auto guarded(const std::string& name, Call&& call) {
  try {
    return call();
  } catch (const Error& error) {
    throw error.in(name);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::Function, name + ": " + first_line(error.what()))
        .with_details(error.what());
  }
}

}  // namespace actsparse
