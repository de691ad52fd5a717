#pragma once
// The header of NumPy's .npy format, versions 1.0, 2.0 and 3.0.
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/bytes.h"

namespace actsparse {

struct NpyHeader {
  c10::ScalarType dtype = c10::ScalarType::Float;
  int64_t item_size = 4;  ///< bytes per element
  int64_t swapped_unit =
      0;  ///< 0: native byte order; else the bytes of each such unit are reversed
  bool fortran_order = false;
  std::vector<int64_t> shape;  ///< at least one dimension, dimension 0 >= 1
  int64_t data_offset = 0;     ///< where the elements start
  int64_t sample_count() const { return shape.front(); }
  int64_t sample_elements() const;  ///< elements per sample; may be 0
};

/// Reads and checks the header, and that the file holds all that it promises; takes no memory for
/// the data. Throws Error(Data): what was found, what was expected.
NpyHeader read_npy_header(ByteSource& bytes);

}  // namespace actsparse
