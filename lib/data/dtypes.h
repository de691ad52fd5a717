#pragma once
// The dtypes that configs name, by torch's names.
#include <c10/core/ScalarType.h>

#include <string>

namespace actsparse {

/// Throws Error(Data) that lists the known names; `where` says who asks: "random input".
at::ScalarType dtype_named(const std::string& name, const std::string& where);

/// "float32"; LibTorch's own name of a dtype that no config can name.
std::string name_of_dtype(at::ScalarType dtype);

}  // namespace actsparse
