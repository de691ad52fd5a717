#include "data/decode_image.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/images.h"

using namespace actsparse;

namespace {

std::vector<uint8_t> bytes_of(const at::Tensor& image) {
  return {image.data_ptr<uint8_t>(), image.data_ptr<uint8_t>() + image.numel()};
}

std::string rejection(const std::filesystem::path& path) {
  try {
    decode_image(path, 3);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::Data);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a PNG is decoded byte for byte", "[data]") {
  const TemporaryFolder folder;
  const std::vector<uint8_t> pixels = {1, 2, 3, 255, 0, 7, 9, 8, 7, 6, 5, 4};
  write_image(folder / "x.png", 2, 2, 3, pixels);
  const at::Tensor image = decode_image(folder / "x.png", 3);
  CHECK(image.sizes() == at::IntArrayRef({2, 2, 3}));
  CHECK(bytes_of(image) == pixels);
  CHECK(image_size(folder / "x.png").height == 2);
}

TEST_CASE("gray is repeated for RGB, and alpha is dropped", "[data]") {
  const TemporaryFolder folder;
  write_image(folder / "gray.png", 1, 2, 1, {10, 200});
  CHECK(bytes_of(decode_image(folder / "gray.png", 3)) ==
        std::vector<uint8_t>{10, 10, 10, 200, 200, 200});
  CHECK(bytes_of(decode_image(folder / "gray.png", 1)) == std::vector<uint8_t>{10, 200});
  write_image(folder / "alpha.png", 1, 1, 4, {1, 2, 3, 0});
  CHECK(bytes_of(decode_image(folder / "alpha.png", 3)) == std::vector<uint8_t>{1, 2, 3});
}

TEST_CASE("a JPEG comes close to what was written", "[data]") {
  const TemporaryFolder folder;
  write_image(folder / "x.jpg", 8, 8, 3, std::vector<uint8_t>(8 * 8 * 3, 100));
  const at::Tensor image = decode_image(folder / "x.jpg", 3);
  CHECK(image.sizes() == at::IntArrayRef({8, 8, 3}));
  CHECK(at::abs(image.to(at::kInt) - 100).max().item<int>() <= 2);
}

TEST_CASE("an image that cannot be decoded is refused with its name", "[data]") {
  const TemporaryFolder folder;
  CHECK(contains(rejection(folder / "none.png"), "none.png: cannot be read: No such file"));
  write_file(folder / "text.png", "not an image");
  CHECK(contains(rejection(folder / "text.png"), "text.png: cannot be decoded as PNG or JPEG: "));
  write_image(folder / "cut.png", 50, 50, 3, std::vector<uint8_t>(7500, 3));
  const std::string whole = read_file(folder / "cut.png");
  write_file(folder / "cut.png", whole.substr(0, whole.size() / 2));
  CHECK(contains(rejection(folder / "cut.png"), "cut.png: cannot be decoded"));
}

TEST_CASE("a header that asks for too many pixels is refused before memory is taken", "[data]") {
  const TemporaryFolder folder;
  write_image(folder / "x.png", 1, 1, 1, {0});
  std::string bytes = read_file(folder / "x.png");
  bytes.replace(16, 8, std::string("\0\x80\0\0\0\x80\0\0", 8));  // width and height 2^23
  write_file(folder / "x.png", bytes);
  CHECK(rejection(folder / "x.png") != "");
}
