#pragma once
// Plug-ins: shared libraries that register operators and classes with LibTorch (TORCH_LIBRARY).
#include <filesystem>

namespace actsparse {

/// Opens the library for the rest of the process; its code runs with ours, so it must be trusted.
/// Throws Error(Usage) with the loader's reason.
void load_library(const std::filesystem::path& path);

}  // namespace actsparse
