#pragma once
// Samples of a file as the model wants them: another order of dimensions, another dtype,
// normalized.
#include <memory>

#include "config/data_config.h"
#include "data/sample_reader.h"

namespace actsparse {

/// `samples` as `input.conversion` asks, each batch when it is read; `samples` itself where there
/// is nothing to do. The arithmetic is done in the dtype that comes out, for float16 and bfloat16
/// in float32. Reads the first sample now. Throws Error(Data) that names the file if the conversion
/// does not fit its shape, or would make complex numbers real.
std::unique_ptr<SampleReader> convert_samples(std::unique_ptr<SampleReader> samples,
                                              const FileInput& input);

}  // namespace actsparse
