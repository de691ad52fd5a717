#include "data/decode_image.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/div.h>
#include <ATen/ops/full_like.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "data/jpeg_image.h"
#include "data/mapping.h"
#include "data/png_image.h"

namespace actsparse {
namespace fs = std::filesystem;
namespace {

constexpr int64_t most_pixels = int64_t{1} << 28;

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorKind::Data, what); }

/// The bytes of an image file, mapped.
class ImageFile {
 public:
  explicit ImageFile(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    const bool is_open = file >= 0 && ::fstat(file, &status) == 0;
    if (!is_open) fail(std::string("cannot be read: ") + std::strerror(errno));
    size_ = static_cast<size_t>(status.st_size);
    try {
      if (S_ISREG(status.st_mode) && size_ > 0) pages_.emplace(file, 0, status.st_size);
    } catch (const std::runtime_error& cause) {
      ::close(file);
      fail(std::string("cannot be read: ") + cause.what());
    }
    ::close(file);
  }
  std::string_view bytes() const {
    return pages_ ? std::string_view(pages_->bytes(), size_) : std::string_view();
  }

 private:
  std::optional<Mapping> pages_;
  size_t size_ = 0;
};

// What both formats are asked for; what neither can read is refused.
template <class Png, class Jpeg>
auto of_format(std::string_view bytes, const Png& png, const Jpeg& jpeg) {
  if (is_png(bytes)) return png(bytes);
  if (is_jpeg(bytes)) return jpeg(bytes);
  throw DecodingError("it is of another type");
}

ImageSize size_of(std::string_view bytes) {
  const ImageSize size = of_format(bytes, png_size, jpeg_size);
  if (size.width * size.height > most_pixels)
    fail("is too large: " + std::to_string(size.height) + " x " + std::to_string(size.width) +
         " pixels, at most 2^28 are decoded");
  return size;
}

// `work` on the file's bytes; its errors name the file.
template <class Work>
auto with_file(const fs::path& path, const Work& work) {
  try {
    return work(ImageFile(path).bytes());
  } catch (const DecodingError& cause) {
    fail(path.string() + ": cannot be decoded as PNG or JPEG: " + cause.what());
  } catch (const Error& error) {
    throw error.in(path.string());
  }
}

// The luma of ITU-R 601, rounded as PIL does.
at::Tensor luma(const ImagePixels& rgb) {
  const at::Tensor wide = rgb.to(at::kInt);
  const at::Tensor sum =
      wide.select(2, 0) * 19595 + wide.select(2, 1) * 38470 + wide.select(2, 2) * 7471 + 0x8000;
  return at::div(sum, 0x10000, "floor").to(at::kByte).unsqueeze(2);
}

at::Tensor with_channels(const ImagePixels& pixels, int64_t channels) {
  const int64_t had = pixels.size(2);
  if (had == channels) return pixels;
  const bool is_gray = had <= 2;
  const at::Tensor colors = pixels.narrow(2, 0, is_gray ? 1 : 3);
  if (channels == 1) return is_gray ? colors.contiguous() : luma(colors);
  const at::Tensor rgb = is_gray ? colors.expand({-1, -1, 3}) : colors;
  if (channels == 3) return rgb.contiguous();
  const bool has_alpha = had % 2 == 0;
  return at::cat(
      {rgb, has_alpha ? pixels.narrow(2, had - 1, 1) : at::full_like(colors.narrow(2, 0, 1), 255)},
      2);
}

}  // namespace

ImageSize image_size(const fs::path& path) { return with_file(path, size_of); }

at::Tensor decode_image(const fs::path& path, int64_t channels) {
  return with_file(path, [&](std::string_view bytes) {
    size_of(bytes);  // not a byte of memory for a header that lies
    return with_channels(of_format(bytes, decode_png, decode_jpeg), channels);
  });
}

}  // namespace actsparse
