#include "data/png_image.h"

#include <ATen/ops/empty.h>
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <new>

namespace actsparse {
namespace {

/// libpng's errors jump; here they become exceptions.
class PngFile {
 public:
  explicit PngFile(std::string_view file) : rest_(file) {
    if (png_ == nullptr || info_ == nullptr) throw std::bad_alloc();
    png_set_read_fn(png_, this, read);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // pixels are counted before
  }
  ~PngFile() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngFile(const PngFile&) = delete;
  PngFile& operator=(const PngFile&) = delete;

  /// From the header, which is what comes first.
  ImageSize read_size() {
    guarded([&] { png_read_info(png_, info_); });
    return {png_get_image_height(png_, info_), png_get_image_width(png_, info_)};
  }

  ImagePixels read_pixels() {
    const ImageSize size = read_size();
    guarded([&] {
      png_set_expand(png_);
      png_set_strip_16(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    ImagePixels image =
        at::empty({size.height, size.width, png_get_channels(png_, info_)}, at::kByte);
    std::vector<png_bytep> rows;
    for (int64_t row = 0; row < size.height; ++row)
      rows.push_back(image.data_ptr<uint8_t>() + row * image.stride(0));
    guarded([&] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
    return image;
  }

 private:
  // A step may hold nothing that has to be destroyed: a jump leaves it.
  template <class Step>
  void guarded(const Step& step) {
    if (setjmp(png_jmpbuf(png_)) != 0) throw DecodingError(message_);
    step();
  }

  static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngFile*>(png_get_error_ptr(png));
    std::strncpy(self->message_, message, sizeof self->message_ - 1);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}

  static void read(png_structp png, png_bytep out, png_size_t count) {
    auto* self = static_cast<PngFile*>(png_get_io_ptr(png));
    if (count > self->rest_.size()) png_error(png, "the file ends too early");
    std::memcpy(out, self->rest_.data(), count);
    self->rest_.remove_prefix(count);
  }

  std::string_view rest_;
  char message_[256] = {};
  png_structp png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
  png_infop info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
};

}  // namespace

bool is_png(std::string_view file) { return file.substr(0, 8) == "\x89PNG\r\n\x1a\n"; }

ImageSize png_size(std::string_view file) { return PngFile(file).read_size(); }

ImagePixels decode_png(std::string_view file) { return PngFile(file).read_pixels(); }

}  // namespace actsparse
