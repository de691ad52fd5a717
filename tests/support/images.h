#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

namespace actsparse {

/// Writes a .png or .jpg file (by the path's extension) of `channels` (1 to 4) bytes per pixel, row
/// by row.
void write_image(const std::filesystem::path& path, int height, int width, int channels,
                 const std::vector<uint8_t>& pixels);

}  // namespace actsparse
