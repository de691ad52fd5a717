#pragma once
// A format as a C++ program has it of its own: a reader in one file, and a row where it is needed
// (sample_reader_test.cpp). CONTRIBUTING.md shows it.
#include "data/sample_reader.h"

namespace actsparse {

/// One sample per line, its numbers parted by commas, as float32. Throws Error(Data).
std::unique_ptr<SampleReader> open_csv(const FileInput& input);

}  // namespace actsparse
