#pragma once
// PNG, by libpng.
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/image_pixels.h"

namespace actsparse {

bool is_png(std::string_view file);

/// From the header alone. Throws DecodingError.
ImageSize png_size(std::string_view file);

/// Palettes and 1, 2 or 4 bits become 8, of 16 bits the high ones stay. Throws DecodingError.
ImagePixels decode_png(std::string_view file);

}  // namespace actsparse
