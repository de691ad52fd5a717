#pragma once
// PNG and JPEG files as pixels.
#include <cstdint>
#include <filesystem>

#include "data/image_pixels.h"

namespace actsparse {

/// From the file's header. Throws Error(Data) that names the file if it cannot be read, is no
/// image, or is too large to decode (2^28 pixels).
ImageSize image_size(const std::filesystem::path& path);

/// uint8 [height, width, channels]; channels 3: RGB, 4: RGB and alpha, 1: gray. Gray is repeated
/// for RGB, RGB becomes gray by its luma (ITU-R 601, as PIL), alpha is dropped, or 255 where the
/// file has none, 16 bits become 8, a camera's orientation tag is not looked at. Throws
/// Error(Data).
at::Tensor decode_image(const std::filesystem::path& path, int64_t channels);

}  // namespace actsparse
