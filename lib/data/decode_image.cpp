#include "data/decode_image.h"

#include <ATen/ops/empty.h>
#include <stb_image.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

using ImageFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

constexpr int64_t kMostPixels = int64_t{1} << 28;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::Data, path.string() + ": " + what);
}

ImageFile open_image(const fs::path& path) {
  ImageFile file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  return file;
}

// stb_image's own words: "unknown image type", "bad huffman code".
[[noreturn]] void fail_decoding(const fs::path& path) {
  const char* reason = stbi_failure_reason();
  fail(path, std::string("cannot be decoded as PNG or JPEG: ") +
                 (reason != nullptr ? reason : "unknown reason"));
}

}  // namespace

ImageSize image_size(const fs::path& path) {
  const ImageFile file = open_image(path);
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_file(file.get(), &width, &height, &channels) == 0) fail_decoding(path);
  if (int64_t{width} * height > kMostPixels)
    fail(path, "is too large: " + std::to_string(height) + " x " + std::to_string(width) +
                   " pixels, at most 2^28 are decoded");
  return {height, width};
}

at::Tensor decode_image(const fs::path& path, int64_t channels) {
  image_size(path);  // not a byte of memory for a header that lies
  const ImageFile file = open_image(path);
  int width = 0, height = 0, in_file = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_file(file.get(), &width, &height, &in_file, static_cast<int>(channels)),
      &stbi_image_free);
  if (!pixels) fail_decoding(path);
  at::Tensor image = at::empty({height, width, channels}, at::kByte);
  std::memcpy(image.data_ptr(), pixels.get(), image.nbytes());
  return image;
}

}  // namespace actsparse
