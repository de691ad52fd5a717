#include "support/images.h"

#include <stb_image_write.h>

#include <stdexcept>

namespace actsparse {

void write_image(const std::filesystem::path& path, int height, int width, int channels,
                 const std::vector<uint8_t>& pixels) {
  const int written =
      path.extension() != ".jpg"
          ? stbi_write_png(path.c_str(), width, height, channels, pixels.data(), width * channels)
          : stbi_write_jpg(path.c_str(), width, height, channels, pixels.data(), 100);
  if (written == 0) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace actsparse
