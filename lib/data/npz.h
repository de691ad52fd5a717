#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "data/sample_reader.h"

namespace actsparse {

/// Streams the array `member` ("x" or "x.npy"; empty: the only one) of a .npz file. Throws
/// Error(Data); if there is no such array it lists those there are.
std::unique_ptr<SampleReader> open_npz(const std::filesystem::path& path,
                                       const std::string& member);

}  // namespace actsparse
