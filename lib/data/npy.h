#pragma once
#include <memory>

#include "data/bytes.h"
#include "data/sample_reader.h"

namespace actsparse {

/// Reads a .npy array from `bytes`: samples that lie there as in memory are mapped (each read anew,
/// so that nothing written to one reaches another), others are copied. Only the rows that are asked
/// for; the header is checked now. Throws Error(Data). Reading forward never goes back in `bytes`
/// for an array in C order; one in Fortran order is first copied to a temporary file if `bytes`
/// cannot jump.
std::unique_ptr<SampleReader> open_npy(std::unique_ptr<ByteSource> bytes);

}  // namespace actsparse
