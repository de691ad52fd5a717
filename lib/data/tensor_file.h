#pragma once
#include <filesystem>
#include <memory>

#include "data/sample_reader.h"

namespace actsparse {

/// The tensor in a .pt file of torch.save, paged in as samples are read. Throws Error(Data).
std::unique_ptr<SampleReader> open_tensor_file(const std::filesystem::path& path);

}  // namespace actsparse
