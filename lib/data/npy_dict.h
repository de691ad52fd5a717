#pragma once
// The Python dict literal in a .npy header.
#include <cstdint>
#include <string>
#include <vector>

namespace actsparse {

struct NpyDict {
  std::string descr;
  bool structured = false;  ///< descr is a list of fields, not a string
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

/// Parses exactly {'descr': ..., 'fortran_order': ..., 'shape': ...}, keys in any order. Throws
/// std::runtime_error that says what was expected at which character.
NpyDict parse_npy_dict(const std::string& text);

}  // namespace actsparse
