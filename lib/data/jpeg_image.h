#pragma once
// JPEG, by libjpeg (libjpeg-turbo), as PIL and torchvision decode it: the same bytes.
#include <string_view>

#include "data/image_pixels.h"

namespace actsparse {

bool is_jpeg(std::string_view file);

/// From the header alone. Throws DecodingError.
ImageSize jpeg_size(std::string_view file);

/// Gray or RGB; CMYK becomes RGB. A file that ends too early is an error. Throws DecodingError.
ImagePixels decode_jpeg(std::string_view file);

}  // namespace actsparse
