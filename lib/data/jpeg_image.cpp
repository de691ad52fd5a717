#include "data/jpeg_image.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>  // which jpeglib.h wants before it
#include <string>

namespace actsparse {
namespace {

/// libjpeg's errors jump; here they become exceptions.
class JpegFile {
 public:
  explicit JpegFile(std::string_view file) {
    jpeg_.err = jpeg_std_error(&errors_);
    jpeg_.client_data = this;
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    guarded([&] { jpeg_create_decompress(&jpeg_); });
    source_ = file;
  }
  ~JpegFile() { jpeg_destroy_decompress(&jpeg_); }
  JpegFile(const JpegFile&) = delete;
  JpegFile& operator=(const JpegFile&) = delete;

  /// From the header, which is what comes first.
  ImageSize read_size() {
    guarded([&] {
      jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(source_.data()), source_.size());
      jpeg_read_header(&jpeg_, TRUE);
    });
    return {jpeg_.image_height, jpeg_.image_width};
  }

  ImagePixels read_pixels() {
    const ImageSize size = read_size();
    guarded([&] {
      if (jpeg_.jpeg_color_space == JCS_YCCK || jpeg_.jpeg_color_space == JCS_CMYK)
        jpeg_.out_color_space = JCS_CMYK;
      else if (jpeg_.jpeg_color_space != JCS_GRAYSCALE)
        jpeg_.out_color_space = JCS_RGB;
      jpeg_start_decompress(&jpeg_);
    });
    ImagePixels image = at::empty({size.height, size.width, jpeg_.output_components}, at::kByte);
    uint8_t* row = image.data_ptr<uint8_t>();
    guarded([&] {
      while (jpeg_.output_scanline < jpeg_.output_height) {
        jpeg_read_scanlines(&jpeg_, &row, 1);
        row += image.stride(0);
      }
      jpeg_finish_decompress(&jpeg_);
    });
    return jpeg_.out_color_space == JCS_CMYK ? rgb_of(image) : image;
  }

 private:
  // A step may hold nothing that has to be destroyed: a jump leaves it.
  template <class Step>
  void guarded(const Step& step) {
    if (setjmp(escape_) != 0) throw DecodingError(message_);
    step();
  }

  // Adobe's programs write CMYK upside down, and nearly all such files are theirs.
  ImagePixels rgb_of(const ImagePixels& cmyk) const {
    const at::Tensor ink = (jpeg_.saw_Adobe_marker ? 255 - cmyk.to(at::kInt) : cmyk.to(at::kInt));
    const at::Tensor black = ink.narrow(2, 3, 1), color = ink.narrow(2, 0, 3);
    return at::div((255 - black) * (255 - color) + 127, 255, "floor").to(at::kByte);
  }

  static JpegFile& self(j_common_ptr jpeg) { return *static_cast<JpegFile*>(jpeg->client_data); }
  static void on_error(j_common_ptr jpeg) {
    jpeg->err->format_message(jpeg, self(jpeg).message_);
    std::longjmp(self(jpeg).escape_, 1);
  }
  // Level -1 is a warning. libjpeg would make up what a short file lacks.
  static void on_message(j_common_ptr jpeg, int level) {
    if (level < 0 && jpeg->err->msg_code == JWRN_JPEG_EOF) on_error(jpeg);
  }

  std::string_view source_;
  jpeg_decompress_struct jpeg_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf escape_{};
  char message_[JMSG_LENGTH_MAX] = {};
};

}  // namespace

bool is_jpeg(std::string_view file) { return file.substr(0, 3) == "\xff\xd8\xff"; }

ImageSize jpeg_size(std::string_view file) { return JpegFile(file).read_size(); }

ImagePixels decode_jpeg(std::string_view file) { return JpegFile(file).read_pixels(); }

}  // namespace actsparse
